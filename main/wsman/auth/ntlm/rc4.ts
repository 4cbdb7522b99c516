/**
 * RC4, the stream that NTLM seals with. Here because OpenSSL 3 and BoringSSL refuse it. This is the hot path of every sealed
 * message: the state is one Uint8Array (256 bytes of permutation, then i and j) and data is changed in place.
 */
export type Rc4State = Uint8Array;

/** A fresh state for `key` (1 to 256 bytes). */
export function createRc4(key: Uint8Array): Rc4State {
  const state = new Uint8Array(258);
  for (let i = 0; i < 256; i++) state[i] = i;
  for (let i = 0, j = 0; i < 256; i++) {
    const swapped = state[i]!;
    j = (j + swapped + key[i % key.length]!) & 255;
    state[i] = state[j]!;
    state[j] = swapped;
  }
  return state;
}

/** Runs the stream over `data`, in place, and moves the state on. */
export function applyRc4(state: Rc4State, data: Uint8Array): void {
  let i = state[256]!;
  let j = state[257]!;
  const end = data.length;
  for (let k = 0; k < end; k++) {
    i = (i + 1) & 255;
    const a = state[i]!;
    j = (j + a) & 255;
    const b = state[j]!;
    state[i] = b;
    state[j] = a;
    data[k] = data[k]! ^ state[(a + b) & 255]!;
  }
  state[256] = i;
  state[257] = j;
}

/** One-shot: RC4 of `data` under `key`, as a new array. */
export function rc4(key: Uint8Array, data: Uint8Array): Uint8Array {
  const result = new Uint8Array(data);
  const state = createRc4(key);
  applyRc4(state, result);
  state.fill(0);
  return result;
}
