/**
 * GSS-API over koffi: calls the library and copies what it returns. What may ask a KDC runs on another thread, so that no KDC ever blocks the
 * event loop; the rest is work in memory, done at once.
 */
import { isMainThread } from 'node:worker_threads';
import type { LibraryHandle } from 'koffi';
import { createGate } from './gate.ts';
import {
  type Acquired,
  type Gss,
  GssError,
  type Handle,
  isError,
  KRB5_MECH,
  Major,
  NO_HANDLE,
  PRINCIPAL_NAME,
  routineError,
} from './gss.ts';
import { declareFunctions, type Koffi, type KoffiFunction } from './gss-functions.ts';
import { type RawLucid, readLucid } from './lucid.ts';

const Usage = { INITIATE: 1, ACCEPT: 2 } as const;
const INDEFINITE = 0xffffffff;
/** GSS_IOV_BUFFER_TYPE_*, and the flag by which the library allocates the buffer. */
const Iov = { DATA: 1, HEADER: 2, PADDING: 9, ALLOCATE: 0x10000 } as const;
/** Message 2 of gss_display_status may go on and on. */
const MAX_STATUS_TEXTS = 8;

type OutBuffer = { length?: number | bigint; value?: bigint };
type Cell<T> = [T];

/** The library behind the interface. Throws where it lacks a function. */
export function bindGss(koffi: Koffi, library: LibraryHandle): Gss {
  const { functions: f, types } = declareFunctions(koffi, library);
  const gate = createGate();

  const bytesAt = (address: bigint, length: number) => new Uint8Array(koffi.view(address, length));
  // These live as long as the process: the library may keep referring to them.
  const permanentOid = (bytes: Uint8Array): bigint => {
    const oid: bigint = koffi.alloc(types.oid, 1);
    const elements: bigint = koffi.alloc('uint8', bytes.length);
    bytesAt(elements, bytes.length).set(bytes);
    koffi.encode(oid, types.oid, { length: bytes.length, elements });
    return oid;
  };
  const krb5Mech = permanentOid(KRB5_MECH);
  const principalName = permanentOid(PRINCIPAL_NAME);
  const krb5Only = { count: 1, elements: krb5Mech };

  const bufferOf = (bytes: Uint8Array | null) => (bytes === null ? null : { length: bytes.length, value: bytes });
  const nothing = { length: 0, value: null };
  const bindingsOf = (data: Uint8Array | null) =>
    data === null
      ? null
      : { initiatorType: 0, initiator: nothing, acceptorType: 0, acceptor: nothing, application: bufferOf(data) };
  const handleOf = (cell: readonly unknown[]): Handle => (typeof cell[0] === 'bigint' ? cell[0] : NO_HANDLE);
  const cellOf = (handle: Handle): Cell<Handle | null> => [handle === NO_HANDLE ? null : handle];
  const lifetimeOf = ([seconds]: Cell<number>) => (seconds === INDEFINITE ? Number.POSITIVE_INFINITY : seconds);

  /** A copy of what the library allocated, which is released. */
  const take = (buffer: OutBuffer): Uint8Array | null => {
    if (!buffer.value) return null;
    const length = Number(buffer.length);
    const copy = length > 0 ? bytesAt(buffer.value, length).slice() : null;
    f.gss_release_buffer([0], buffer);
    return copy;
  };
  const takeText = (buffer: OutBuffer) =>
    Buffer.from(take(buffer) ?? [])
      .toString('utf8')
      .replace(/\0+$/, '');

  const oneStatus = (value: number, type: 1 | 2): string => {
    const texts: string[] = [];
    const more: Cell<number> = [0];
    do {
      const buffer: OutBuffer = {};
      if (isError(f.gss_display_status([0], value, type, krb5Mech, more, buffer))) break;
      texts.push(takeText(buffer));
    } while (more[0] !== 0 && texts.length < MAX_STATUS_TEXTS);
    return texts.join(' ');
  };
  const failure = (call: string, major: number, [minor]: Cell<number>, token: Uint8Array | null = null) => {
    const mechanism = minor === 0 ? '' : oneStatus(minor, 2).trim();
    // MIT gives zero a number of its own where another mechanism has used it.
    const hasMinor = mechanism !== '' && mechanism !== 'Success';
    return new GssError(call, major, hasMinor ? minor : 0, hasMinor ? mechanism : oneStatus(major, 1).trim(), token);
  };
  const check = (call: string, major: number, minor: Cell<number>): void => {
    if (isError(major)) throw failure(call, major, minor);
  };

  let running = 0;
  /** Runs on another thread, one of the few that are not to be blocked all at once. Arguments stay alive until it is done. */
  const background = (fn: KoffiFunction, args: readonly unknown[], signal?: AbortSignal): Promise<number> =>
    gate(
      () =>
        new Promise<number>((resolve, reject) => {
          running++;
          fn.async(...args, (error: Error | null, major: number) => {
            running--;
            if (error) reject(error);
            else resolve(major);
          });
        }),
      signal,
    );
  // A call cannot be stopped, and the end of the process waits for its thread: half a minute where a KDC is silent. Then it ends without.
  if (isMainThread) {
    const endNow = koffi.load(null).func('_exit', 'void', ['int']);
    process.once('exit', (code) => {
      if (running > 0) endNow(code);
    });
  }

  const releaseName = (name: Handle): void => void f.gss_release_name([0], [name]);
  const deleteContext = (context: Handle): void => {
    if (context !== NO_HANDLE) f.gss_delete_sec_context([0], [context], null);
  };
  const nameText = (name: Handle): string => {
    const buffer: OutBuffer = {};
    const minor: Cell<number> = [0];
    check('gss_display_name', f.gss_display_name(minor, name, buffer, null), minor);
    return takeText(buffer);
  };

  return {
    importPrincipal(name) {
      const minor: Cell<number> = [0];
      const handle = cellOf(NO_HANDLE);
      const text = Buffer.from(name, 'utf8');
      check('gss_import_name', f.gss_import_name(minor, bufferOf(text), principalName, handle), minor);
      return handleOf(handle);
    },
    canonicalName(name) {
      const minor: Cell<number> = [0];
      const handle = cellOf(NO_HANDLE);
      check('gss_canonicalize_name', f.gss_canonicalize_name(minor, name, krb5Mech, handle), minor);
      try {
        return nameText(handleOf(handle));
      } finally {
        releaseName(handleOf(handle));
      }
    },
    releaseName,
    releaseCredential(credential) {
      if (credential !== NO_HANDLE) f.gss_release_cred([0], [credential]);
    },
    deleteContext,
    async acquireWithPassword(name, password) {
      const minor: Cell<number> = [0];
      const cell = cellOf(NO_HANDLE);
      const lifetime: Cell<number> = [0];
      const secret = bufferOf(password);
      const args = [minor, name, secret, INDEFINITE, krb5Only, Usage.INITIATE, cell, null, lifetime];
      const major = await background(f.gss_acquire_cred_with_password, args);
      check('gss_acquire_cred_with_password', major, minor);
      return { credential: handleOf(cell), lifetime: lifetimeOf(lifetime) };
    },
    async acquireDefault(signal) {
      const minor: Cell<number> = [0];
      const cell = cellOf(NO_HANDLE);
      const lifetime: Cell<number> = [0];
      const args = [minor, null, INDEFINITE, krb5Only, Usage.INITIATE, cell, null, lifetime];
      check('gss_acquire_cred', await background(f.gss_acquire_cred, args, signal), minor);
      return { credential: handleOf(cell), lifetime: lifetimeOf(lifetime) };
    },
    async acquireFromKeytab(keytab): Promise<Acquired> {
      // Through a credential store, so that nothing of the process (KRB5_KTNAME) is changed.
      const key = Buffer.from('keytab\0');
      const value = Buffer.from(`FILE:${keytab}\0`);
      const elements: bigint = koffi.alloc(types.keyValue, 1);
      koffi.encode(elements, types.keyValue, { key, value });
      const minor: Cell<number> = [0];
      const cell = cellOf(NO_HANDLE);
      const lifetime: Cell<number> = [0];
      const store = { count: 1, elements };
      const args = [minor, null, INDEFINITE, krb5Only, Usage.ACCEPT, store, cell, null, lifetime];
      try {
        check('gss_acquire_cred_from', f.gss_acquire_cred_from(...args), minor);
      } finally {
        koffi.free(elements);
      }
      return { credential: handleOf(cell), lifetime: lifetimeOf(lifetime) };
    },
    async initiate({ credential, context, target, flags, channelBinding, token, signal }) {
      const minor: Cell<number> = [0];
      const cell = cellOf(context);
      const granted: Cell<number> = [0];
      const output: OutBuffer = {};
      const bindings = bindingsOf(channelBinding);
      const input = bufferOf(token);
      const who = [credential, cell, target, krb5Mech];
      const args = [minor, ...who, flags, 0, bindings, input, null, output, granted, null];
      // Who reads the target's proof asks no KDC: another thread would cost more than the call.
      const isLocal = context !== NO_HANDLE;
      const major: number = isLocal
        ? f.gss_init_sec_context(...args)
        : await background(f.gss_init_sec_context, args, signal);
      const answer = take(output);
      if (!isError(major)) {
        return { context: handleOf(cell), token: answer, complete: major === Major.COMPLETE, flags: granted[0] };
      }
      deleteContext(handleOf(cell));
      throw failure('gss_init_sec_context', major, minor);
    },
    async accept({ credential, context, channelBinding, token }) {
      const minor: Cell<number> = [0];
      const cell = cellOf(context);
      const source = cellOf(NO_HANDLE);
      const granted: Cell<number> = [0];
      const output: OutBuffer = {};
      const bindings = bindingsOf(channelBinding);
      const args = [minor, cell, credential, bufferOf(token), bindings, source, null, output, granted, null, null];
      const major = await background(f.gss_accept_sec_context, args);
      const answer = take(output);
      const name = handleOf(source);
      const peer = name === NO_HANDLE ? null : nameText(name);
      if (name !== NO_HANDLE) releaseName(name);
      if (!isError(major)) {
        return { context: handleOf(cell), token: answer, complete: major === Major.COMPLETE, flags: granted[0], peer };
      }
      deleteContext(handleOf(cell));
      throw failure('gss_accept_sec_context', major, minor, answer);
    },
    exportLucid(context) {
      const minor: Cell<number> = [0];
      const cell = cellOf(context);
      const result = cellOf(NO_HANDLE);
      const major = f.gss_krb5_export_lucid_sec_context(minor, cell, 1, result);
      check('gss_krb5_export_lucid_sec_context', major, minor);
      // MIT deletes the context on export, Heimdal leaves it.
      deleteContext(handleOf(cell));
      const lucid = handleOf(result);
      try {
        const raw = koffi.decode(lucid, types.lucid) as RawLucid;
        return readLucid(raw, (address, length) => bytesAt(address, length).slice());
      } finally {
        f.gss_krb5_free_lucid_sec_context([0], lucid);
      }
    },
    wrapIov(context, plain) {
      const data = Buffer.from(plain);
      const iov: bigint = koffi.alloc(types.iov, 3);
      const minor: Cell<number> = [0];
      const size = koffi.sizeof(types.iov);
      const at = (index: number) => iov + BigInt(index * size);
      try {
        koffi.encode(at(0), types.iov, { type: Iov.HEADER | Iov.ALLOCATE, buffer: nothing });
        koffi.encode(at(1), types.iov, { type: Iov.DATA, buffer: bufferOf(data) });
        koffi.encode(at(2), types.iov, { type: Iov.PADDING | Iov.ALLOCATE, buffer: nothing });
        check('gss_wrap_iov', f.gss_wrap_iov(minor, context, 1, 0, [0], iov, 3), minor);
        const copy = (index: number): Uint8Array => {
          const { buffer } = koffi.decode(at(index), types.iov) as { buffer: OutBuffer };
          return buffer.value ? bytesAt(buffer.value, Number(buffer.length)).slice() : new Uint8Array(0);
        };
        return { header: copy(0), data: Buffer.concat([data, copy(2)]) };
      } finally {
        f.gss_release_iov_buffer(minor, iov, 3);
        koffi.free(iov);
      }
    },
    unwrap(context, token) {
      const minor: Cell<number> = [0];
      const output: OutBuffer = {};
      const sealed: Cell<number> = [0];
      const major = f.gss_unwrap(minor, context, bufferOf(token), output, sealed, [0]);
      const plain = take(output) ?? new Uint8Array(0);
      // Supplementary bits say that it is old, a duplicate or out of sequence: messages come in order here.
      if (major !== Major.COMPLETE) throw failure('gss_unwrap', major, minor);
      return { plain, sealed: sealed[0] !== 0 };
    },
    getMic(context, message) {
      const minor: Cell<number> = [0];
      const output: OutBuffer = {};
      check('gss_get_mic', f.gss_get_mic(minor, context, 0, bufferOf(message), output), minor);
      return take(output) ?? new Uint8Array(0);
    },
    verifyMic(context, message, token) {
      const minor: Cell<number> = [0];
      const major = f.gss_verify_mic(minor, context, bufferOf(message), bufferOf(token), [0]);
      if (routineError(major) === Major.NO_CONTEXT) throw failure('gss_verify_mic', major, minor);
      return major === Major.COMPLETE;
    },
  };
}
