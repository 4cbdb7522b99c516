/**
 * n-fold (RFC 3961 5.1): stretches or folds `input` to `size` bytes, so that every bit of it counts alike: copies of it, each rotated by
 * 13 bits more than the one before, up to the least common multiple of both lengths, added up in ones' complement.
 */
export function nFold(input: Uint8Array, size: number): Buffer {
  const bits = input.length * 8;
  const total = (input.length * size) / greatestCommonDivisor(input.length, size);
  const sum = new Array<number>(size).fill(0);
  for (let at = 0; at < total; at++) {
    const copy = Math.floor(at / input.length);
    // Rotating right by 13 per copy: this output byte begins so many bits into the input.
    const firstBit = ((((at % input.length) * 8 - 13 * copy) % bits) + bits) % bits;
    const byte = firstBit >> 3;
    const pair = (input[byte]! << 8) | input[(byte + 1) % input.length]!;
    sum[at % size]! += (pair >> (8 - (firstBit & 7))) & 0xff;
  }
  // End-around carry, until nothing is left to carry.
  for (let carry = 1; carry > 0; ) {
    carry = 0;
    for (let at = size - 1; at >= 0; at--) {
      const value = sum[at]! + carry;
      sum[at] = value & 0xff;
      carry = value >> 8;
    }
    if (carry > 0) sum[size - 1]! += carry;
  }
  return Buffer.from(sum);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
