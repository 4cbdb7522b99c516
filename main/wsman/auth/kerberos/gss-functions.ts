/**
 * The structures and functions of the GSS-API library, declared to koffi (RFC 2744 annex A, gssapi_ext.h, gssapi_krb5.h). MIT and Heimdal agree
 * on every one of them. Apple's headers pack theirs to two bytes on Intel Macs, and only there.
 */
import type { LibraryHandle, TypeObject } from 'koffi';

export type Koffi = typeof import('koffi');
export type KoffiFunction = ReturnType<LibraryHandle['func']>;
type ArgumentTypes = Extract<Parameters<LibraryHandle['func']>[2], readonly unknown[]>;

/** Every function returns a major status, and its first argument is the minor status. `in-out` and `out` are pointers to one. */
const SIGNATURES = {
  gss_import_name: 'buffer pointer out:handle',
  gss_canonicalize_name: 'pointer pointer out:handle',
  gss_display_name: 'pointer out:buffer pointer',
  gss_release_name: 'in-out:handle',
  gss_release_buffer: 'buffer',
  gss_release_cred: 'in-out:handle',
  gss_delete_sec_context: 'in-out:handle pointer',
  gss_display_status: 'uint32 int pointer in-out:uint32 out:buffer',
  gss_acquire_cred: 'pointer uint32 oid-set int out:handle pointer out:uint32',
  gss_acquire_cred_with_password: 'pointer buffer uint32 oid-set int out:handle pointer out:uint32',
  gss_init_sec_context:
    'pointer in-out:handle pointer pointer uint32 uint32 bindings buffer pointer out:buffer out:uint32 pointer',
  gss_accept_sec_context:
    'in-out:handle pointer buffer bindings out:handle pointer out:buffer out:uint32 pointer pointer',
  gss_unwrap: 'pointer buffer out:buffer out:int out:uint32',
  gss_get_mic: 'pointer uint32 buffer out:buffer',
  gss_verify_mic: 'pointer buffer buffer out:uint32',
  gss_wrap_iov: 'pointer int uint32 out:int pointer int',
  gss_release_iov_buffer: 'pointer int',
  gss_krb5_export_lucid_sec_context: 'in-out:handle uint32 out:handle',
  gss_krb5_free_lucid_sec_context: 'pointer',
  gss_acquire_cred_from: 'pointer uint32 oid-set int key-values out:handle pointer out:uint32',
} as const;

/** Only the lab's side needs it, and Heimdal has it not everywhere. */
const OPTIONAL: ReadonlySet<string> = new Set(['gss_acquire_cred_from']);

export type GssFunctionName = keyof typeof SIGNATURES;
export type GssFunctions = Readonly<Record<GssFunctionName, KoffiFunction>>;

export interface GssTypes {
  readonly oid: TypeObject;
  readonly keyValue: TypeObject;
  readonly iov: TypeObject;
  readonly lucid: TypeObject;
}

/** Throws where the library lacks a function. One that is optional throws when it is called. */
export function declareFunctions(koffi: Koffi, library: LibraryHandle): { functions: GssFunctions; types: GssTypes } {
  const isPacked = process.platform === 'darwin' && process.arch === 'x64';
  const struct = (members: Record<string, TypeObject | string>): TypeObject =>
    koffi.struct(
      Object.fromEntries(
        Object.entries(members).map(([name, type]) => [name, isPacked ? ([2, type] as [number, TypeObject]) : type]),
      ),
    );
  const buffer = struct({ length: 'size_t', value: 'void *' });
  const oid = struct({ length: 'uint32', elements: 'void *' });
  const oidSet = struct({ count: 'size_t', elements: 'void *' });
  const bindings = struct({
    initiatorType: 'uint32',
    initiator: buffer,
    acceptorType: 'uint32',
    acceptor: buffer,
    application: buffer,
  });
  const keyValue = struct({ key: 'void *', value: 'void *' });
  const keyValueSet = struct({ count: 'uint32', elements: 'void *' });
  const iov = struct({ type: 'uint32', buffer });
  const lucidKey = struct({ type: 'uint32', length: 'uint32', data: 'void *' });
  const lucid = struct({
    version: 'uint32',
    initiate: 'uint32',
    endtime: 'uint32',
    sendSeq: 'uint64',
    receiveSeq: 'uint64',
    protocol: 'uint32',
    rfc1964: struct({ sign: 'uint32', seal: 'uint32', key: lucidKey }),
    cfx: struct({ hasSubkey: 'uint32', key: lucidKey, subkey: lucidKey }),
  });

  const to = (type: TypeObject | string) => koffi.pointer(type);
  const words: Readonly<Record<string, unknown>> = {
    pointer: 'void *',
    int: 'int',
    uint32: 'uint32',
    buffer: to(buffer),
    'oid-set': to(oidSet),
    bindings: to(bindings),
    'key-values': to(keyValueSet),
    'out:int': koffi.out(to('int')),
    'out:uint32': koffi.out(to('uint32')),
    'in-out:uint32': koffi.inout(to('uint32')),
    'out:handle': koffi.out(to('void *')),
    'in-out:handle': koffi.inout(to('void *')),
    'out:buffer': koffi.out(to(buffer)),
  };
  const declare = (name: string, signature: string): KoffiFunction => {
    const args = ['out:uint32', ...signature.split(' ')].map((word) => words[word]) as ArgumentTypes;
    try {
      return library.func(name, 'uint32', args);
    } catch (cause) {
      if (!OPTIONAL.has(name)) throw cause;
      const missing = () => {
        throw new Error(`the library has no ${name}`);
      };
      return missing as unknown as KoffiFunction;
    }
  };
  const functions = Object.fromEntries(
    Object.entries(SIGNATURES).map(([name, signature]) => [name, declare(name, signature)]),
  ) as Record<GssFunctionName, KoffiFunction>;
  return { functions, types: { oid, keyValue, iov, lucid } };
}
