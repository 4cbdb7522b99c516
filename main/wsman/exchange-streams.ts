/**
 * Base64 of streams and of PSRP (MS-PSRP 2.2.4): what stands in it is masked like any other text, byte for byte, so that fragments and
 * their lengths stay what they were.
 */
const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
/** A tag and the text behind it. One repetition each, so that no text makes it look at a character more than a few times. */
const taggedText = /<([^<>]*)>([^<]*)/g;
const nameAttribute = /\bN="([^"<>]*)"/g;
const secretName = /passw|pwd|secret|credential|passphrase|apikey/i;

/** Of CLIXML: SecureStrings, and properties whose name speaks of a secret. */
function isSecretTag(tag: string): boolean {
  if (/^SS(?:\s|$)/i.test(tag)) return true;
  if (!/^\w/.test(tag)) return false;
  for (const [, name = ''] of tag.matchAll(nameAttribute)) if (secretName.test(name)) return true;
  return false;
}

/** The same base64 with secrets inside replaced by stars. What is no base64, or holds none, stays as it is. */
export function maskStream(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length < 8 || !base64.test(trimmed)) return text;
  // One character per byte: lengths stay, whatever the bytes are.
  const inside = Buffer.from(trimmed, 'base64').toString('latin1');
  if (!inside.includes('<')) return text;
  const masked = inside.replace(taggedText, (all, tag: string, value: string) =>
    isSecretTag(tag) ? `<${tag}>${'*'.repeat(value.length)}` : all,
  );
  return masked === inside ? text : Buffer.from(masked, 'latin1').toString('base64');
}
