/** A user name as people type it, split as NTLM wants it. */
export interface UserName {
  /** `admin`, or the whole `user@realm`: NTLM sends a principal name undivided, with an empty domain. */
  readonly user: string;
  readonly domain: string;
  /** `.\user`: an account of the target itself, whose name only its challenge tells. */
  readonly onTarget: boolean;
}

/** `DOMAIN\user`, `HOST\user`, `.\user`, `user@realm` or `user`. */
export function parseUserName(text: string): UserName {
  const backslash = text.indexOf('\\');
  if (backslash < 0) return { user: text, domain: '', onTarget: false };
  const domain = text.slice(0, backslash);
  const user = text.slice(backslash + 1);
  return domain === '.' ? { user, domain: '', onTarget: true } : { user, domain, onTarget: false };
}
