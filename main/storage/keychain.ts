import type { AsyncEntry } from '@napi-rs/keyring';

/** Where passwords are kept: in this computer's keychain, or where there is none in memory, for this run only. */
export interface Keychain {
  /** False: nothing that is put in survives this run. */
  readonly durable: boolean;
  get(id: string): Promise<string | null>;
  set(id: string, secret: string): Promise<void>;
  delete(id: string): Promise<void>;
}

const service = 'Windeck';

/**
 * Opens the keychain of the signed-in user: Credential Manager, Keychain, or on Linux the Secret Service and nothing else. (Left to itself
 * the library falls back to the kernel's keyring there, which loses everything at the next start while seeming to work.)
 * Where none answers, the secrets live in this process until it ends; `log` says why.
 */
export async function openKeychain(log: (line: string) => void): Promise<Keychain> {
  let Entry: typeof AsyncEntry;
  try {
    ({ AsyncEntry: Entry } = await import('@napi-rs/keyring'));
    // The constructor reaches the service on Linux, a read reaches it everywhere.
    await entry(Entry, 'probe').getPassword(AbortSignal.timeout(3000));
  } catch (error) {
    log(`No keychain answers, so passwords last for this run only: ${(error as Error).message.slice(0, 300)}`);
    return memoryKeychain();
  }
  return {
    durable: true,
    get: (id) => entry(Entry, id).getPassword(),
    set: (id, secret) => entry(Entry, id).setPassword(secret),
    async delete(id) {
      await entry(Entry, id).deleteCredential();
    },
  };
}

function entry(Entry: typeof AsyncEntry, id: string): AsyncEntry {
  return new Entry(service, id, { linux: { store: 'secret-service' } });
}

/** Secrets for this run. */
export function memoryKeychain(): Keychain & { all(): ReadonlyMap<string, string> } {
  const secrets = new Map<string, string>();
  return {
    durable: false,
    all: () => new Map(secrets),
    get: async (id) => secrets.get(id) ?? null,
    async set(id, secret) {
      secrets.set(id, secret);
    },
    async delete(id) {
      secrets.delete(id);
    },
  };
}
