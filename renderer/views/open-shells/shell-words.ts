import type { OpenRemoteShell } from '../../../shared/contract/open-shells.ts';
import { formatDuration, missing } from '../../format.ts';

/** What runs in it, in a word or two. */
export function kindOf({ kind, configuration }: OpenRemoteShell): string {
  if (kind === 'cmd') return 'cmd';
  if (kind === 'powershell') return configuration === 'Microsoft.PowerShell' ? 'PowerShell' : `${configuration}`;
  return configuration ?? 'unknown';
}

/** Whose it is, as far as that matters to whoever looks. */
export function oursOf({ ours }: OpenRemoteShell): string | null {
  if (ours === 'this-run') return 'this console';
  return ours === 'earlier-run' ? 'left by an earlier run' : null;
}

/** How long nobody has asked anything of it, and when that ends it. */
export function idleOf({ idleMs, idleTimeoutMs, isDisconnected }: OpenRemoteShell): string {
  const idle = idleMs === null ? missing : formatDuration(idleMs);
  const limit = idleTimeoutMs === null ? '' : ` of ${formatDuration(idleTimeoutMs)}`;
  return `${idle}${limit}${isDisconnected ? ', disconnected' : ''}`;
}

/** One line that names a shell: for the question before it is ended. */
export function nameOfShell(shell: OpenRemoteShell): string {
  const owner = shell.owner ?? 'somebody';
  return `${kindOf(shell)} of ${owner}${shell.clientAddress === null ? '' : ` from ${shell.clientAddress}`}`;
}
