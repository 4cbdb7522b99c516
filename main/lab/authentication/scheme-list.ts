/** What `--auth` may say: which ways in the machines of a fleet offer. */
export interface LabAuthentication {
  /** NTLM inside Negotiate. */
  readonly ntlm: boolean;
  /** Kerberos inside Negotiate, and as a scheme of its own. Needs a realm. */
  readonly kerberos: boolean;
  readonly basic: boolean;
  /** TLS client certificates. Needs HTTPS. */
  readonly certificate: boolean;
  /** Every machine is a management controller, which offers Digest (and Basic) and nothing of Windows. */
  readonly digest: boolean;
}

const none: LabAuthentication = { ntlm: false, kerberos: false, basic: false, certificate: false, digest: false };
/** A workgroup: NTLM, and Basic inside TLS. */
export const defaultAuthentication: LabAuthentication = { ...none, ntlm: true, basic: true };

const words: Readonly<Record<string, Partial<LabAuthentication>>> = {
  ntlm: { ntlm: true },
  // A member of a domain takes both inside Negotiate.
  kerberos: { kerberos: true, ntlm: true },
  'kerberos-only': { kerberos: true },
  basic: { basic: true },
  certificate: { certificate: true },
  digest: { digest: true },
};

/** `kerberos,basic`: exactly these. Throws with one sentence, without a full stop, where the list means nothing. */
export function readSchemeList(text: string, https: boolean): LabAuthentication {
  let chosen = none;
  for (const word of text.split(',').map((part) => part.trim().toLowerCase())) {
    const meaning = Object.hasOwn(words, word) ? words[word] : undefined;
    if (!meaning) throw new Error(`--auth takes a list of ${Object.keys(words).join(', ')}, not "${text}"`);
    chosen = { ...chosen, ...meaning };
  }
  if (chosen.certificate && !https) throw new Error('--auth certificate needs --https');
  if (chosen.digest && (chosen.ntlm || chosen.kerberos || chosen.certificate))
    throw new Error('--auth digest is for management controllers, which offer Basic beside it and nothing else');
  return chosen;
}
