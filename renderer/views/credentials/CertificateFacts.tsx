import type { CertificateInfo } from '../../../shared/contract/problem.ts';
import { Glyph } from '../../components/Glyph.tsx';
import { Kv } from '../../components/Kv.tsx';
import { useNow } from '../../components/useNow.ts';
import { expiryOf } from '../../credential-words.ts';
import { formatDay } from '../../format.ts';

/** What was read of a certificate. */
export function CertificateFacts({ certificate }: { certificate: CertificateInfo }) {
  const { subject, issuer, selfSigned, names, validFromAt, validToAt, sha256, sha1 } = certificate;
  return (
    <Kv
      rows={[
        ['Subject', <Long key="subject">{subject}</Long>],
        ['Issuer', selfSigned ? 'itself' : <Long key="issuer">{issuer}</Long>],
        ...(names.length === 0 ? [] : [['Names', <Long key="names">{names.join(', ')}</Long>] as const]),
        [
          'Valid',
          <span className="row g6" key="valid">
            from {formatDay(validFromAt)} <ExpiryWords validToAt={validToAt} />
          </span>,
        ],
        ['SHA-256', <Print key="sha256" value={sha256} />],
        ['SHA-1', <Print key="sha1" value={sha1} />],
      ]}
    />
  );
}

const Long = ({ children }: { children: string }) => <span title={children}>{children}</span>;

/** In groups of eight, as one compares them by eye. */
export const Print = ({ value }: { value: string }) => (
  <span className="mono certificate-print">{value.match(/.{1,8}/g)?.join(' ') ?? value}</span>
);

/** How long it is good for; says so in colour and shape once that is not long. */
export function ExpiryWords({ validToAt }: { validToAt: number }) {
  const now = useNow(60_000);
  const { level, words } = expiryOf(validToAt, now);
  if (level === 'ok') return <span>{words}</span>;
  return (
    <span className={`row g6 b5 ${level === 'expired' ? 'c-crit' : 'c-warn'}`}>
      <Glyph name={level === 'expired' ? 'critical' : 'warning'} size={11} label="" />
      {words}
    </span>
  );
}
