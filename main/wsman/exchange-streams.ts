/**
 * Base64 of streams and of PSRP (MS-PSRP 2.2.4): what stands in it is masked like any other text, byte for byte, so that fragments and
 * their lengths stay what they were.
 */
const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
/** Of CLIXML: SecureStrings, and properties whose name speaks of a secret. */
const secretElement =
  /(<SS(?:\s[^<>]*)?>|<\w+\s[^<>]*\bN="[^"<>]*(?:passw|pwd|secret|credential|passphrase|apikey)[^"<>]*"[^<>]*>)([^<]*)/gi;

/** The same base64 with secrets inside replaced by stars. What is no base64, or holds none, stays as it is. */
export function maskStream(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length < 8 || !base64.test(trimmed)) return text;
  // One character per byte: lengths stay, whatever the bytes are.
  const inside = Buffer.from(trimmed, 'base64').toString('latin1');
  if (!inside.includes('<')) return text;
  const masked = inside.replace(secretElement, (_, tag: string, value: string) => tag + '*'.repeat(value.length));
  return masked === inside ? text : Buffer.from(masked, 'latin1').toString('base64');
}
