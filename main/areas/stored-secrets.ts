import * as v from 'valibot';
import { SecretLockedError, type SecretStore } from '../sessions/credentials.ts';
import { type Secrets, SecretsLockedError } from '../storage/secrets.ts';
import { AuthenticationError, type ClientCertificate } from '../wsman/index.ts';

/** A client certificate as the secret of its set: JSON, since a keychain keeps text. */
const StoredCertificate = v.variant('format', [
  v.object({
    format: v.literal('pem'),
    certificates: v.string(),
    key: v.string(),
    passphrase: v.nullable(v.string()),
  }),
  v.object({ format: v.literal('pfx'), base64: v.string(), passphrase: v.nullable(v.string()) }),
]);
export type StoredCertificate = v.InferOutput<typeof StoredCertificate>;

export function toClientCertificate(stored: StoredCertificate): ClientCertificate {
  if (stored.format === 'pem') return stored;
  const { format, base64, passphrase } = stored;
  return { format, bytes: new Uint8Array(Buffer.from(base64, 'base64')), passphrase };
}

/** What sessions may ask of the stored secrets. A locked file is a reason not to sign in, and ends with its passphrase. */
export function secretsForSigningIn(secrets: () => Secrets): SecretStore {
  const get = async (id: string): Promise<string | null> => {
    try {
      return await secrets().get(id);
    } catch (error) {
      throw error instanceof SecretsLockedError ? new SecretLockedError(error) : error;
    }
  };
  return {
    get,
    async certificate(id) {
      const text = await get(id);
      return text === null ? null : toClientCertificate(parse(text));
    },
  };
}

function parse(text: string): StoredCertificate {
  try {
    return v.parse(StoredCertificate, JSON.parse(text));
  } catch {
    // Without its cause, which would quote the secret.
    throw new AuthenticationError('What is stored for this set is no client certificate. Choose its file anew.', {
      reason: 'certificate-unusable',
    });
  }
}
