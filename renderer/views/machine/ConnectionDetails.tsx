import type { ReactNode } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Glyph } from '../../components/Glyph.tsx';
import { Kv } from '../../components/Kv.tsx';
import { SourceBadge } from '../../components/SourceBadge.tsx';
import { useNow } from '../../components/useNow.ts';
import { setName } from '../../credential-words.ts';
import { securityWarning } from '../../security-words.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { ExpiryWords, Print } from '../credentials/CertificateFacts.tsx';
import '../credentials/credentials.css';

/** How the connection of a machine that answers is signed in and protected, whole. */
export function ConnectionDetails({ machine }: { machine: Machine }) {
  const sets = useCredentials((state) => state.sets);
  const now = useNow(60_000);
  const { security, settings, credential } = machine;
  const set = (
    <span className="row g6">
      <span className="ell">{setName(sets, credential.id)}</span>
      <SourceBadge credential={credential} />
    </span>
  );
  if (security === null) {
    return (
      <Kv
        rows={[
          ['Connection', 'none at the moment'],
          ['Credential', set],
        ]}
      />
    );
  }
  const { mechanism, cipher, protection, spn, insideSpnego, serverCertificate, clientCertificate } = security;
  const warning = securityWarning(security, now);
  const negotiated = mechanism === 'Kerberos' || mechanism === 'NTLM';
  const rows: (readonly [string, ReactNode])[] = [
    ['Mechanism', negotiated ? `${mechanism}, ${insideSpnego ? 'inside SPNEGO' : 'by itself'}` : mechanism],
    ...(cipher === null ? [] : [[mechanism === 'Kerberos' ? 'Key type' : 'Cipher', cipher] as const]),
    ...(spn === null
      ? []
      : [
          [
            'SPN',
            <span key="spn" className="mono" title={spn}>
              {spn}
            </span>,
          ] as const,
        ]),
    [
      'Encryption',
      protection === null ? (
        <span key="none" className="c-warn b5">
          none: clear text
        </span>
      ) : (
        protection
      ),
    ],
    ['Transport', `${settings.transport} ${settings.port}`],
    ['Credential', set],
  ];
  return (
    <div className="connection-details">
      {warning === null ? null : (
        <p className="row g6 c-warn b5">
          <Glyph name="warning" size={11} label="" />
          {warning}
        </p>
      )}
      <Kv rows={rows} />
      {serverCertificate === null ? null : (
        <>
          <h3 className="h2">Certificate of the machine</h3>
          <Kv
            rows={[
              [
                'Subject',
                <span key="subject" title={serverCertificate.subject}>
                  {serverCertificate.subject}
                </span>,
              ],
              ['SHA-256', <Print key="print" value={serverCertificate.sha256} />],
              ['Validity', <ExpiryWords key="end" validToAt={serverCertificate.validToAt} />],
            ]}
          />
        </>
      )}
      {clientCertificate === null ? null : (
        <>
          <h3 className="h2">Client certificate</h3>
          <Kv
            rows={[
              [
                'Subject',
                <span key="subject" title={clientCertificate.subject}>
                  {clientCertificate.subject}
                </span>,
              ],
              ['Validity', <ExpiryWords key="end" validToAt={clientCertificate.validToAt} />],
            ]}
          />
        </>
      )}
    </div>
  );
}
