import type { CertificateInfo, TrustFailure } from '../../../shared/contract/problem.ts';
import { Glyph, type GlyphName } from '../../components/Glyph.tsx';
import { formatDay } from '../../format.ts';

/** The chain as it was presented, root first, each with what is wrong about it. */
export function CertificateChain({
  chain,
  failures,
}: {
  chain: readonly CertificateInfo[];
  failures: readonly TrustFailure[];
}) {
  const rootFirst = [...chain].reverse();
  return (
    <ol className="chain">
      {rootFirst.map((certificate, depth) => {
        const leaf = depth === rootFirst.length - 1;
        const verdict = verdictOf(certificate, leaf, depth === 0, failures);
        return (
          <li key={certificate.sha256} style={{ marginLeft: depth * 22 }} className={depth > 0 ? 'child' : ''}>
            <Glyph name={verdict.glyph} label="" />
            <div className="grow">
              <div className="chain-name">
                <b className="ell" title={certificate.subject}>
                  {commonName(certificate.subject)}
                </b>
                <span className={verdict.tone}>{verdict.words}</span>
              </div>
              <div className="t2">
                {certificate.selfSigned ? 'self-signed' : `signed by ${commonName(certificate.issuer)}`}, valid from{' '}
                {formatDay(certificate.validFromAt)} until {formatDay(certificate.validToAt)}
              </div>
              {leaf ? (
                <>
                  {certificate.names.length > 0 ? (
                    <div className="t2 ell">for {certificate.names.join(', ')}</div>
                  ) : null}
                  <div className="t2 prints">
                    SHA-256 <Thumbprint value={certificate.sha256} />
                  </div>
                  <div className="t2 prints">
                    SHA-1 <Thumbprint value={certificate.sha1} />
                  </div>
                </>
              ) : null}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** In groups of eight, as one compares them by eye. */
export const Thumbprint = ({ value }: { value: string }) => (
  <span className="mono">{value.match(/.{1,8}/g)?.join(' ') ?? value}</span>
);

/** `CN=fra-web15, O=…` → `fra-web15`; a subject without a common name as it is. */
export const commonName = (subject: string): string =>
  /(?:^|[,+\n]\s*)CN=("(?:[^"]+)"|[^,+\n]+)/i.exec(subject)?.[1]?.replace(/^"|"$/g, '').trim() ?? subject;

function verdictOf(
  certificate: CertificateInfo,
  leaf: boolean,
  root: boolean,
  failures: readonly TrustFailure[],
): { glyph: GlyphName; words: string; tone: string } {
  const now = Date.now();
  if (leaf && failures.includes('pin-changed'))
    return { glyph: 'critical', words: 'not the pinned one', tone: 'c-crit' };
  if (certificate.validToAt < now) return { glyph: 'critical', words: 'expired', tone: 'c-crit' };
  if (certificate.validFromAt > now) return { glyph: 'warning', words: 'not valid yet', tone: 'c-warn' };
  if (root && failures.includes('unknown-authority')) {
    return certificate.selfSigned
      ? { glyph: 'critical', words: leaf ? 'vouches for itself' : 'not trusted by this computer', tone: 'c-crit' }
      : { glyph: 'critical', words: 'its signer is not known', tone: 'c-crit' };
  }
  if (leaf && failures.includes('wrong-name'))
    return { glyph: 'warning', words: 'not for this address', tone: 'c-warn' };
  return { glyph: 'healthy', words: '', tone: 't2' };
}
