import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './durable-file.ts';
import type { Keychain } from './keychain.ts';
import { damaged, keyBytes, type Sealed, seal, unseal } from './seal.ts';

/**
 * Windows' Credential Manager takes 2560 bytes for a secret, in UTF-16. Longer ones (client certificates) go into a file of their own,
 * sealed with a random key that the keychain keeps in their place; on every system alike, so that there is one way to test.
 */
const longestInKeychain = 1200;

/** A keychain that takes secrets of any length. Files are in `<data folder>/sealed`. */
export function withOverflow(keychain: Keychain, dataFolder: string): Keychain {
  const folder = join(dataFolder, 'sealed');
  // Ids come from a file that people may edit: they do not become paths.
  const pathOf = (id: string) => join(folder, `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`);
  const keyIdOf = (id: string) => `${id} key`;

  async function readLong(id: string, key: string): Promise<string | null> {
    const text = await readFile(pathOf(id), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return null;
    const keyData = Buffer.from(key, 'base64');
    try {
      return unseal(keyData, headerOf(id), parse(text), what);
    } finally {
      keyData.fill(0);
    }
  }

  async function writeLong(id: string, secret: string): Promise<void> {
    let key = await keychain.get(keyIdOf(id));
    if (key === null) {
      key = randomBytes(keyBytes).toString('base64');
      // The key first: a key without a file is nothing, a file without its key is lost.
      await keychain.set(keyIdOf(id), key);
    }
    const keyData = Buffer.from(key, 'base64');
    const sealed = seal(keyData, headerOf(id), secret);
    keyData.fill(0);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await replaceFile(pathOf(id), `${JSON.stringify({ format, version, ...sealed }, null, 1)}\n`);
  }

  async function deleteLong(id: string): Promise<void> {
    await rm(pathOf(id), { force: true });
    if ((await keychain.get(keyIdOf(id))) !== null) await keychain.delete(keyIdOf(id));
  }

  return {
    durable: keychain.durable,
    async get(id) {
      const short = await keychain.get(id);
      if (short !== null) return short;
      const key = await keychain.get(keyIdOf(id));
      return key === null ? null : readLong(id, key);
    },
    // The entry in the keychain holds while there is one: setting or deleting it is the one step by which the secret changes, and an old one is
    // never found again where Windeck ends in the middle of it.
    async set(id, secret) {
      if (secret.length > longestInKeychain) {
        await writeLong(id, secret);
        await keychain.delete(id);
      } else {
        await keychain.set(id, secret);
        await deleteLong(id);
      }
    },
    async delete(id) {
      await deleteLong(id);
      await keychain.delete(id);
    },
  };
}

const format = 'windeck-sealed-secret';
const version = 1;
const what = 'A sealed file of the keychain';

/** A file is good for the id that it was made for, and no other. */
function headerOf(id: string): string {
  return JSON.stringify([format, version, id]);
}

function parse(text: string): Sealed {
  try {
    const json: unknown = JSON.parse(text);
    const { nonce, sealed, ...rest } = json as Record<string, unknown>;
    if (rest['format'] === format && rest['version'] === version) {
      if (typeof nonce === 'string' && typeof sealed === 'string') return { nonce, sealed };
    }
  } catch {
    // Said below.
  }
  throw damaged(what);
}
