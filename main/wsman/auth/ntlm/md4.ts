/**
 * MD4 (RFC 1320). It lives here because OpenSSL 3's default provider and Electron's BoringSSL both refuse it, and NTLM's
 * password hash is made of it. It protects nothing by itself.
 */
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;
/** Word order of rounds 2 and 3, and the shifts of all three (RFC 1320 section 3.4). */
const ORDER_2 = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15] as const;
const ORDER_3 = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15] as const;
const SHIFTS_1 = [3, 7, 11, 19] as const;
const SHIFTS_2 = [3, 5, 9, 13] as const;
const SHIFTS_3 = [3, 9, 11, 15] as const;

/** The 16-byte MD4 digest of `data`. The padded working copy is wiped, since it usually holds a password. */
export function md4(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array((((data.length + 8) >>> 6) + 1) << 6);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (data.length << 3) >>> 0, true);
  view.setUint32(padded.length - 4, Math.floor(data.length / 0x20000000), true);

  const words = new Int32Array(16);
  let [a, b, c, d]: [number, number, number, number] = [...INITIAL];
  for (let offset = 0; offset < padded.length; offset += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(offset + i * 4, true);
    const [a0, b0, c0, d0] = [a, b, c, d];
    for (let i = 0; i < 48; i++) {
      const round = i >>> 4;
      const step = i & 15;
      let sum: number;
      let shift: number;
      if (round === 0) {
        sum = a + ((b & c) | (~b & d)) + words[step]!;
        shift = SHIFTS_1[step & 3]!;
      } else if (round === 1) {
        sum = a + ((b & c) | (b & d) | (c & d)) + words[ORDER_2[step]!]! + 0x5a827999;
        shift = SHIFTS_2[step & 3]!;
      } else {
        sum = a + (b ^ c ^ d) + words[ORDER_3[step]!]! + 0x6ed9eba1;
        shift = SHIFTS_3[step & 3]!;
      }
      const rotated = (sum << shift) | ((sum | 0) >>> (32 - shift));
      a = d;
      d = c;
      c = b;
      b = rotated;
    }
    a = (a + a0) | 0;
    b = (b + b0) | 0;
    c = (c + c0) | 0;
    d = (d + d0) | 0;
  }
  padded.fill(0);
  words.fill(0);
  const digest = new Uint8Array(16);
  const out = new DataView(digest.buffer);
  out.setInt32(0, a, true);
  out.setInt32(4, b, true);
  out.setInt32(8, c, true);
  out.setInt32(12, d, true);
  return digest;
}
