import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInTurn } from './in-turn.ts';
import { type Keychain, memoryKeychain } from './keychain.ts';
import { createSealedFile, openSealedFile, type SealedFile } from './sealed-file.ts';
import { withOverflow } from './sealed-overflow.ts';
import { StorageError } from './storage-error.ts';

/** Where a secret is. */
export type KeptAt = 'keychain' | 'sealed-file' | 'this-run' | 'missing' | 'locked';

/**
 * The secrets of the sets of credentials, by the set's id: in this computer's keychain; where there is none, or the user has started one, in
 * a file sealed with a passphrase; else in memory, for this run.
 */
export interface Secrets {
  /** Where new secrets go. */
  readonly vault: { readonly kind: 'keychain' | 'sealed-file' | 'none'; readonly locked: boolean };
  /** Null where it is nowhere. Throws SecretsLockedError where it may be in the sealed file, whose passphrase has not been given. */
  get(id: string): Promise<string | null>;
  keptAt(id: string): Promise<KeptAt>;
  /** Durable where there is a keychain or an open sealed file; while that is locked the secret lasts for this run, until it is opened. */
  set(id: string, secret: string): Promise<void>;
  delete(id: string): Promise<void>;
  /** Starts the sealed file; secrets of this run move into it. Throws VaultStateError where there is one, or a keychain. */
  createVault(passphrase: string): Promise<void>;
  /**
   * Opens the sealed file for this run; secrets of this run move into it, and what no set names any more goes. Throws WrongPassphraseError,
   * SealDamagedError.
   */
  unlock(passphrase: string, isNamed: (id: string) => boolean): Promise<void>;
  /** Forgets secrets of this run and wipes the key of the sealed file. */
  close(): void;
}

/** The secret may be in the sealed file, which is locked. */
export class SecretsLockedError extends StorageError {
  override readonly name = 'SecretsLockedError';
}

/** Starting or opening the sealed file makes no sense as things are. */
export class VaultStateError extends StorageError {
  override readonly name = 'VaultStateError';
}

/** Opens what is there; `keychain` as openKeychain gives it. */
export async function openSecrets(dataFolder: string, keychain: Keychain): Promise<Secrets> {
  const path = join(dataFolder, 'secrets.json');
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return createSecrets(keychain.durable ? withOverflow(keychain, dataFolder) : null, path, isThere);
}

/** Secrets that leave nothing on this computer: the embedded lab's. */
export function secretsForThisRun(): Secrets {
  return createSecrets(null, null, false);
}

function createSecrets(keychain: Keychain | null, path: string | null, isThere: boolean): Secrets {
  const thisRun = memoryKeychain();
  let hasFile = isThere;
  let file: SealedFile | null = null;
  /** One after the other: two at once would make two files of one. */
  const inTurn = createInTurn();

  /** Where it is, and what it is. What was typed last is found first. */
  async function find(id: string): Promise<{ at: KeptAt; secret: string | null }> {
    const typed = await thisRun.get(id);
    if (typed !== null) return { at: 'this-run', secret: typed };
    const sealed = file?.get(id) ?? null;
    if (sealed !== null) return { at: 'sealed-file', secret: sealed };
    const kept = keychain === null ? null : await fromKeychain(keychain.get(id));
    if (kept !== null) return { at: 'keychain', secret: kept };
    return { at: hasFile && file === null ? 'locked' : 'missing', secret: null };
  }

  /** Into the open file with what this run has kept so far. Only then is it forgotten here. */
  async function moveInto(opened: SealedFile, isNamed: (id: string) => boolean): Promise<void> {
    const secrets = thisRun.all();
    const orphans = opened.ids().filter((id) => !isNamed(id));
    const changes = new Map<string, string | null>([...orphans.map((id) => [id, null] as const), ...secrets]);
    if (changes.size > 0) await opened.change(changes);
    for (const id of secrets.keys()) {
      await thisRun.delete(id);
      if (keychain !== null) await fromKeychain(keychain.delete(id));
    }
  }

  return {
    get vault(): Secrets['vault'] {
      if (hasFile) return { kind: 'sealed-file', locked: file === null };
      return { kind: keychain === null ? 'none' : 'keychain', locked: false };
    },
    async get(id) {
      const { at, secret } = await find(id);
      if (at === 'locked') {
        throw new SecretsLockedError('The sealed file of secrets is locked.', {
          advice: ['Give its passphrase under Credentials.'],
        });
      }
      return secret;
    },
    keptAt: async (id) => (await find(id)).at,
    set: (id, secret) =>
      inTurn(async () => {
        if (file !== null) {
          await file.change(new Map([[id, secret]]));
          await thisRun.delete(id);
          if (keychain !== null) await fromKeychain(keychain.delete(id));
        } else if (hasFile || keychain === null) await thisRun.set(id, secret);
        else await fromKeychain(keychain.set(id, secret));
      }),
    delete: (id) =>
      inTurn(async () => {
        await thisRun.delete(id);
        if (file !== null && file.get(id) !== null) await file.change(new Map([[id, null]]));
        if (keychain !== null) await fromKeychain(keychain.delete(id));
      }),
    createVault: (passphrase) =>
      inTurn(async () => {
        if (path === null) throw new VaultStateError('Secrets of the embedded lab last for this run only.');
        if (hasFile) throw new VaultStateError('There is a sealed file already: open it with its passphrase.');
        if (keychain !== null) throw new VaultStateError('This computer has a keychain, which keeps the secrets.');
        const moved = thisRun.all();
        file = await createSealedFile(path, passphrase, moved);
        hasFile = true;
        for (const id of moved.keys()) await thisRun.delete(id);
      }),
    unlock: (passphrase, isNamed) =>
      inTurn(async () => {
        if (path === null || !hasFile) throw new VaultStateError('There is no sealed file to open.');
        if (file !== null) return;
        const opened = await openSealedFile(path, passphrase);
        try {
          await moveInto(opened, isNamed);
        } catch (error) {
          opened.close();
          throw error;
        }
        file = opened;
      }),
    close() {
      file?.close();
      file = null;
      for (const id of thisRun.all().keys()) void thisRun.delete(id);
    },
  };
}

/** The keychain's own words may be in any language and name its internals; they stay in `cause`. */
async function fromKeychain<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError('The keychain of this computer did not answer as it should.', {
      advice: ['See whether it is locked, and allow Windeck to use it.'],
      cause,
    });
  }
}
