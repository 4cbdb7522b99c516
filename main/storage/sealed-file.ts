import { createHmac, hkdfSync, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { replaceFile } from './durable-file.ts';
import { createInTurn } from './in-turn.ts';
import { damaged, keyBytes, type Sealed, seal, unseal } from './seal.ts';
import { StorageError } from './storage-error.ts';

/**
 * Secrets in one file, sealed with a passphrase: for computers without a keychain.
 *
 * The key comes from the passphrase by scrypt (RFC 7914) with N = 2^17, r = 8, p = 1, which takes 128 MiB and about half a second, in
 * Node's thread pool. Argon2id would be the newer choice, but Electron's BoringSSL does not have it, and a file must open in both hosts.
 * The parameters are in the file, so that later versions can raise them; the file itself is described in README.md.
 */
export interface SealedFile {
  get(id: string): string | null;
  ids(): readonly string[];
  /** Seals the whole file anew and makes it durable; where that fails nothing has changed. Null removes. */
  change(changes: ReadonlyMap<string, string | null>): Promise<void>;
  /** Wipes the key. Nothing can be read or written afterwards. */
  close(): void;
}

/** It says no more than that it does not fit. */
export class WrongPassphraseError extends StorageError {
  override readonly name = 'WrongPassphraseError';
}

const version = 1;
const work = { N: 2 ** 17, r: 8, p: 1 } as const;
/** What a file may ask of us: a changed one must not take all memory. 2^20 with r 8 is 1 GiB. */
const mostN = 2 ** 20;
const what = 'The sealed file of secrets';

const Base64 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]+={0,2}$/));
const Kdf = v.object({
  name: v.literal('scrypt'),
  N: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(work.N),
    v.maxValue(mostN),
    v.check((n) => Number.isInteger(Math.log2(n))),
  ),
  r: v.literal(work.r),
  p: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4)),
  salt: Base64,
});
type Kdf = v.InferOutput<typeof Kdf>;
const File = v.object({
  format: v.literal('windeck-secrets'),
  version: v.literal(version),
  kdf: Kdf,
  /** Says whether a passphrase fits, before and apart from whether the rest is whole. */
  check: Base64,
  nonce: Base64,
  sealed: Base64,
});
type File = v.InferOutput<typeof File>;
const Secrets = v.record(v.string(), v.string());

/** Starts a sealed file with these secrets, in the place of any that is there. */
export async function createSealedFile(
  path: string,
  passphrase: string,
  secrets: ReadonlyMap<string, string>,
): Promise<SealedFile> {
  const kdf: Kdf = { name: 'scrypt', ...work, salt: randomBytes(16).toString('base64') };
  const keys = await deriveKeys(passphrase, kdf);
  try {
    const file = sealAll(kdf, keys, secrets);
    await write(path, file);
    return opened(path, file, keys.key);
  } finally {
    keys.checkKey.fill(0);
  }
}

/**
 * Opens the file. Throws WrongPassphraseError; SealDamagedError for one that is not as it was written; StorageError for one of a later
 * version or that cannot be read.
 */
export async function openSealedFile(path: string, passphrase: string): Promise<SealedFile> {
  const file = parse(await read(path));
  const keys = await deriveKeys(passphrase, file.kdf);
  try {
    const stored = Buffer.from(file.check, 'base64');
    const check = checkOf(keys.checkKey, file.kdf);
    if (stored.length !== check.length || !timingSafeEqual(stored, check)) {
      throw new WrongPassphraseError('This passphrase does not open the sealed file of secrets.');
    }
    unsealAll(file, keys.key);
  } catch (error) {
    keys.key.fill(0);
    throw error;
  } finally {
    keys.checkKey.fill(0);
  }
  return opened(path, file, keys.key);
}

/** Between calls only the sealed form is held in memory, beside the key. */
function opened(path: string, first: File, key: Buffer): SealedFile {
  let file = first;
  let isClosed = false;
  const inTurn = createInTurn();
  const all = () => {
    if (isClosed) throw new StorageError('The sealed file of secrets is closed.');
    return unsealAll(file, key);
  };
  return {
    get: (id) => all().get(id) ?? null,
    ids: () => [...all().keys()],
    change: (changes) =>
      inTurn(async () => {
        const secrets = new Map(all());
        for (const [id, secret] of changes) {
          if (secret === null) secrets.delete(id);
          else secrets.set(id, secret);
        }
        const next = resealed(file, key, secrets);
        await write(path, next);
        file = next;
      }),
    close() {
      isClosed = true;
      key.fill(0);
    },
  };
}

interface Keys {
  readonly key: Buffer;
  readonly checkKey: Buffer;
}

/** The passphrase as one sequence of bytes, however the keyboard composed it. */
function deriveKeys(passphrase: string, { N, r, p, salt }: Kdf): Promise<Keys> {
  const bytes = Buffer.from(passphrase.normalize('NFC'), 'utf8');
  return new Promise((resolve, reject) => {
    const maxmem = 2 * 128 * N * r;
    scrypt(bytes, Buffer.from(salt, 'base64'), keyBytes, { N, r, p, maxmem }, (error, root) => {
      bytes.fill(0);
      if (error) {
        reject(new StorageError('The key for the sealed file could not be computed.', { cause: error }));
        return;
      }
      // Two keys for two purposes: what the check shows says nothing about the key of the file.
      const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', root, '', `windeck ${purpose}`, keyBytes));
      const keys = { key: derive('secrets'), checkKey: derive('passphrase check') };
      root.fill(0);
      resolve(keys);
    });
  });
}

function checkOf(checkKey: Buffer, kdf: Kdf): Buffer {
  return createHmac('sha256', checkKey).update(headerOf(kdf, '')).digest();
}

/** All that is not sealed, in one fixed form. */
function headerOf({ name, N, r, p, salt }: Kdf, check: string): string {
  return JSON.stringify(['windeck-secrets', version, name, N, r, p, salt, check]);
}

function sealAll(kdf: Kdf, { key, checkKey }: Keys, secrets: ReadonlyMap<string, string>): File {
  const check = checkOf(checkKey, kdf).toString('base64');
  return { format: 'windeck-secrets', version, kdf, check, ...sealSecrets(key, kdf, check, secrets) };
}

function resealed(file: File, key: Buffer, secrets: ReadonlyMap<string, string>): File {
  return { ...file, ...sealSecrets(key, file.kdf, file.check, secrets) };
}

function sealSecrets(key: Buffer, kdf: Kdf, check: string, secrets: ReadonlyMap<string, string>): Sealed {
  return seal(key, headerOf(kdf, check), JSON.stringify(Object.fromEntries(secrets)));
}

function unsealAll({ kdf, check, nonce, sealed }: File, key: Buffer): Map<string, string> {
  const text = unseal(key, headerOf(kdf, check), { nonce, sealed }, what);
  const result = v.safeParse(Secrets, JSON.parse(text));
  if (!result.success) throw damaged(what);
  return new Map(Object.entries(result.output));
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new StorageError('The sealed file of secrets cannot be read.', {
      advice: ['See whether it is there and whether this user may read it.'],
      cause,
    });
  }
}

function parse(text: string): File {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(what);
  }
  const found = (json as { version?: unknown } | null)?.version;
  if (typeof found === 'number' && found > version) {
    throw new StorageError(`The sealed file of secrets was written by a later Windeck (format ${found}).`, {
      advice: ['Use that version of Windeck, or start this one with another data folder.'],
    });
  }
  const result = v.safeParse(File, json);
  if (!result.success) throw damaged(what);
  return result.output;
}

async function write(path: string, file: File): Promise<void> {
  try {
    await replaceFile(path, `${JSON.stringify(file, null, 1)}\n`);
  } catch (cause) {
    throw new StorageError(`The sealed file of secrets could not be saved: ${(cause as Error).message}.`, {
      advice: ['Nothing was changed. See whether the disk is full and the folder can be written to, then try again.'],
      cause,
    });
  }
}
