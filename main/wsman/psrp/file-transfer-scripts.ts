/**
 * The scripts that carry files, as PowerShell 2.0 understands them already. Pieces go as base64 text, since a byte[] that stands alone in a
 * pipeline would be taken apart into its bytes. The first line names script and version, for whoever plays the other side.
 */

/** Errors that the scripts throw by name; everything else is the machine's own. */
export const transferErrors = {
  exists: 'WindeckFileExists',
  directory: 'WindeckIsDirectory',
  missing: 'WindeckFileNotFound',
  hash: 'WindeckHashDiffers',
} as const;

/**
 * Takes pieces as pipeline input into a file beside the target, and `#` with the SHA-256 (hex) as the last one. Only what arrived whole gets the
 * name. The file may be deleted while it is open: that is how it goes away when the transfer is given up.
 */
export const uploadScript = `# windeck: upload 1
param($Path, $Part, $Replace)
begin {
  $ErrorActionPreference = 'Stop'
  $full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
  if ([IO.Directory]::Exists($full)) { throw '${transferErrors.directory}' }
  if (-not $Replace -and [IO.File]::Exists($full)) { throw '${transferErrors.exists}' }
  $temporary = $full + $Part
  $file = New-Object IO.FileStream($temporary, 'CreateNew', 'Write', 'Delete')
  $hash = [Security.Cryptography.SHA256]::Create()
  $expected = $null
  $length = 0
}
process {
  if ($_.StartsWith('#')) { $expected = $_.Substring(1) }
  else {
    $bytes = [Convert]::FromBase64String($_)
    $file.Write($bytes, 0, $bytes.Length)
    [void]$hash.TransformBlock($bytes, 0, $bytes.Length, $null, 0)
    $length += $bytes.Length
  }
}
end {
  $file.Close()
  [void]$hash.TransformFinalBlock((New-Object byte[] 0), 0, 0)
  $actual = [BitConverter]::ToString($hash.Hash).Replace('-', '').ToLowerInvariant()
  if ($actual -ne $expected) { [IO.File]::Delete($temporary); throw '${transferErrors.hash}' }
  if ([IO.File]::Exists($full)) {
    $old = $temporary + '.old'
    [IO.File]::Replace($temporary, $full, $old)
    [IO.File]::Delete($old)
  } else { [IO.File]::Move($temporary, $full) }
  New-Object PSObject -Property @{ Path = $full; Length = $length; SHA256 = $actual }
}
`;

/** Takes away what an upload that was given up left. That there is nothing is fine. */
export const discardScript = `# windeck: discard 1
param($Path, $Part)
$full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
[IO.File]::Delete($full + $Part)
`;

/** Writes the length, then the pieces, then the SHA-256. Others may go on using the file. */
export const downloadScript = `# windeck: download 1
param($Path, $PieceBytes)
$ErrorActionPreference = 'Stop'
$full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
if ([IO.Directory]::Exists($full)) { throw '${transferErrors.directory}' }
if (-not [IO.File]::Exists($full)) { throw '${transferErrors.missing}' }
$file = New-Object IO.FileStream($full, 'Open', 'Read', 'ReadWrite')
try {
  New-Object PSObject -Property @{ Path = $full; Length = $file.Length }
  $hash = [Security.Cryptography.SHA256]::Create()
  $buffer = New-Object byte[] $PieceBytes
  while (($read = $file.Read($buffer, 0, $buffer.Length)) -gt 0) {
    [void]$hash.TransformBlock($buffer, 0, $read, $null, 0)
    [Convert]::ToBase64String($buffer, 0, $read)
  }
  [void]$hash.TransformFinalBlock((New-Object byte[] 0), 0, 0)
  New-Object PSObject -Property @{ SHA256 = [BitConverter]::ToString($hash.Hash).Replace('-', '').ToLowerInvariant() }
} finally { $file.Close() }
`;
