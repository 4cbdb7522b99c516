import { createHash, X509Certificate } from 'node:crypto';
import { type FleetCertificate, issueServerCertificate } from './certificates.ts';

/** The machine's own store, LocalMachine\My, and how the registry keeps it. */
export interface MachineCertificate {
  /** SHA-1 in upper-case hex. */
  readonly thumbprint: string;
  readonly commonName: string;
  /** In lower case. */
  readonly names: readonly string[];
  readonly der: Uint8Array;
  readonly certificatePem: string;
  /** null: the key is not on this machine. */
  readonly keyPem: string | null;
  readonly isForServers: boolean;
  readonly validToAt: number;
}

export const storeKey = 'SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates';

export const thumbprintOf = (certificate: Pick<FleetCertificate, 'der'> | null): string =>
  certificate === null ? '' : createHash('sha1').update(certificate.der).digest('hex').toUpperCase();

/** Two that a listener can use, one that has expired, one for clients, one whose key is elsewhere; and the fleet's, where there is one. */
export function createMachineCertificates(
  hostname: string,
  fleet: FleetCertificate | null,
): readonly MachineCertificate[] {
  const name = hostname.toLowerCase();
  const made = [
    issueServerCertificate({ commonName: name }),
    issueServerCertificate({ commonName: name, toDays: 20 }),
    issueServerCertificate({ commonName: name, fromDays: -400, toDays: -35 }),
    issueServerCertificate({ commonName: name, forClients: true }),
    issueServerCertificate({ commonName: 'archive.corp.example' }),
  ];
  return [...(fleet ? [fleet] : []), ...made].map((certificate, index, all) => {
    const read = new X509Certificate(certificate.der);
    return {
      thumbprint: thumbprintOf(certificate),
      commonName: /^CN=(.+)$/m.exec(read.subject)?.[1] ?? '',
      names: [...(read.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)].map((match) => match[1]!.toLowerCase()),
      der: certificate.der,
      certificatePem: certificate.certificatePem,
      keyPem: index === all.length - 1 ? null : certificate.keyPem,
      isForServers: read.keyUsage?.includes('1.3.6.1.5.5.7.3.1') ?? true,
      validToAt: Date.parse(read.validTo),
    };
  });
}

/** The Blob of a store entry: properties of id, 1, length, data; 3 is the thumbprint, 2 says where the key is, 32 is the certificate. */
export function blobOf(certificate: MachineCertificate): Uint8Array {
  const property = (id: number, data: Uint8Array): Buffer => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(id, 0);
    head.writeUInt32LE(1, 4);
    head.writeUInt32LE(data.length, 8);
    return Buffer.concat([head, data]);
  };
  return Buffer.concat([
    property(3, Buffer.from(certificate.thumbprint, 'hex')),
    ...(certificate.keyPem === null
      ? []
      : [property(2, Buffer.from('Microsoft Software Key Storage Provider\0', 'utf16le'))]),
    property(32, certificate.der),
  ]);
}
