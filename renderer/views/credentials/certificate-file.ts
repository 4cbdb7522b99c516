import type { NewCredential } from '../../../shared/contract/credentials.ts';

export type CertificateFile = NonNullable<Extract<NewCredential, { kind: 'certificate' }>['file']>;

export type CertificateFormat = CertificateFile['format'];

/** What the contract takes; larger files are refused here in words. */
const maxPem = 200_000;
const maxKey = 50_000;
const maxPfx = 300_000;

/** By the name that Windows, OpenSSL and most tools give such files; null where it could be either. */
export function formatOfName(fileName: string): CertificateFormat | null {
  if (/\.(pfx|p12)$/i.test(fileName)) return 'pfx';
  return /\.(pem|crt|cer|cert)$/i.test(fileName) ? 'pem' : null;
}

/** Why this file cannot be what is asked for, before any of it is read. */
export function sizeProblem(what: CertificateFormat | 'key', file: { readonly name: string; readonly size: number }) {
  const limit = what === 'pem' ? maxPem : what === 'key' ? maxKey : maxPfx;
  if (file.size === 0) return `${file.name} is empty.`;
  return file.size > limit ? `${file.name} is too large: at most ${Math.floor(limit / 1000)} KB are taken.` : null;
}

/**
 * The files as they are sent, read at the moment of sending. Without a key of its own, the key is looked for in the certificate's file.
 * The result holds a secret: use it in the expression that sends it.
 */
export async function readCertificateFile(input: {
  readonly format: CertificateFormat;
  readonly certificates: File;
  readonly key: File | null;
  /** Pasted instead of a file. */
  readonly keyText: string;
  readonly passphrase: string;
}): Promise<CertificateFile> {
  const passphrase = input.passphrase === '' ? null : input.passphrase;
  if (input.format === 'pfx') {
    return { format: 'pfx', base64: toBase64(new Uint8Array(await input.certificates.arrayBuffer())), passphrase };
  }
  const certificates = await input.certificates.text();
  const key =
    input.keyText.trim() !== '' ? input.keyText : input.key !== null ? await input.key.text() : keyIn(certificates);
  return { format: 'pem', certificates: withoutKeys(certificates), key, passphrase };
}

// Searched without regular expressions: the engine keeps the last text that one matched, and this one has a key in it.

/** Where the first private key of a PEM text begins and ends; null where there is none. */
function keySpan(pem: string): readonly [number, number] | null {
  for (let at = pem.indexOf(begin); at >= 0; at = pem.indexOf(begin, at + begin.length)) {
    const label = pem.slice(at + begin.length, pem.indexOf('-----', at + begin.length));
    const last = `-----END ${label}-----`;
    const end = pem.indexOf(last, at);
    if (label.endsWith('PRIVATE KEY') && end >= 0) return [at, end + last.length];
  }
  return null;
}
const begin = '-----BEGIN ';

/** The first private key in a PEM text; empty where there is none, which the console then says. */
export function keyIn(pem: string): string {
  const span = keySpan(pem);
  return span === null ? '' : pem.slice(...span);
}

/** What else is in it. */
export function withoutKeys(pem: string): string {
  let rest = pem;
  for (let span = keySpan(rest); span !== null; span = keySpan(rest))
    rest = rest.slice(0, span[0]) + rest.slice(span[1]);
  return rest.trim();
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
