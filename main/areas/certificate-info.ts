import type { CertificateInfo } from '../../shared/contract/problem.ts';
import type { PresentedCertificate } from '../wsman/index.ts';

/** A certificate as the contract has it. */
export function certificateInfo({ validFrom, validTo, ...rest }: PresentedCertificate): CertificateInfo {
  return { ...rest, validFromAt: validFrom.getTime(), validToAt: validTo.getTime() };
}
