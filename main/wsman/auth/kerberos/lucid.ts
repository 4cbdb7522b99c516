/** gss_krb5_lucid_context_v1_t: the key material of a complete context, in the form meant for NFS in the kernel. */
import type { LucidContext } from './gss.ts';

export interface RawKey {
  readonly type: number;
  readonly length: number;
  readonly data: bigint;
}
export interface RawLucid {
  readonly version: number;
  readonly initiate: number;
  readonly sendSeq: number | bigint;
  readonly receiveSeq: number | bigint;
  readonly protocol: number;
  readonly rfc1964: { readonly key: RawKey };
  readonly cfx: { readonly hasSubkey: number; readonly key: RawKey; readonly subkey: RawKey };
}

/** Longer than any key there is: a length beyond it means that the layout is not what we think it is. */
const MAX_KEY_LENGTH = 64;

/** Picks the key that protects messages and copies it. Throws RangeError where the structure makes no sense. */
export function readLucid(raw: RawLucid, copy: (address: bigint, length: number) => Uint8Array): LucidContext {
  const isCfx = raw.protocol === 1;
  const hasAcceptorSubkey = isCfx && raw.cfx.hasSubkey !== 0;
  const key = !isCfx ? raw.rfc1964.key : hasAcceptorSubkey ? raw.cfx.subkey : raw.cfx.key;
  const isSane = raw.version === 1 && raw.protocol <= 1 && raw.initiate <= 1 && raw.cfx.hasSubkey <= 1;
  if (!isSane || !key.data || key.length === 0 || key.length > MAX_KEY_LENGTH) {
    throw new RangeError('the exported Kerberos context has an unknown layout');
  }
  return {
    initiate: raw.initiate === 1,
    sendSeq: BigInt(raw.sendSeq),
    receiveSeq: BigInt(raw.receiveSeq),
    protocol: raw.protocol,
    key: { type: key.type, bytes: copy(key.data, key.length) },
    hasAcceptorSubkey,
  };
}
