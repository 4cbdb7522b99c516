/** Bytes of an HTTP body as text. */
import { isUtf8 } from 'node:buffer';

/**
 * Bytes to text: a BOM decides, then the charset named by Content-Type, then the look of the first two bytes; else UTF-8.
 * Bytes that are not UTF-8 are read as Latin-1 one by one (OMI writes some characters so); this never throws.
 */
export function decodeText(bytes: Uint8Array, charset?: string | null): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [b0, b1] = [buffer[0], buffer[1]];
  const utf16 = charset?.toLowerCase().startsWith('utf-16') === true;
  if ((b0 === 0xfe && b1 === 0xff) || (b0 === 0 && b1 === 0x3c)) {
    return Buffer.from(buffer.subarray(0, buffer.length & ~1))
      .swap16()
      .toString('utf16le')
      .replace(/^\ufeff/, '');
  }
  if ((b0 === 0xff && b1 === 0xfe) || (b0 === 0x3c && b1 === 0) || (utf16 && b1 === 0)) {
    return buffer.toString('utf16le').replace(/^\ufeff/, '');
  }
  if (isUtf8(buffer)) return buffer.toString('utf8').replace(/^\ufeff/, '');
  return decodeMixed(buffer);
}

/** Valid UTF-8 sequences as such, every other byte as the Latin-1 character it would be. */
function decodeMixed(buffer: Buffer): string {
  let out = '';
  let from = 0;
  for (let p = 0; p < buffer.length; ) {
    const b = buffer[p]!;
    const length = b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;
    if (length === 1 || (length > 1 && p + length <= buffer.length && isUtf8(buffer.subarray(p, p + length)))) {
      p += length;
      continue;
    }
    out += buffer.toString('utf8', from, p) + String.fromCharCode(b);
    from = ++p;
  }
  return out + buffer.toString('utf8', from);
}
