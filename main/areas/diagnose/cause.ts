import type { Fix, PossibleCause } from '../../../shared/contract/diagnose.ts';
import type { AuthenticationReason } from '../../wsman/index.ts';

/**
 * Every cause that a diagnosis can name. Causes that the wire cannot separate are one class here, whose `candidates` are the set, each with
 * the check that tells it from the others.
 */
export type CauseId =
  | 'works'
  | 'not-signed-in'
  // name
  | 'name-unknown'
  | 'name-server-silent'
  // tcp
  | 'local-not-there'
  | 'port-refused'
  | 'port-dropped'
  | 'host-silent'
  | 'no-route'
  | 'other-port'
  // tls
  | 'plain-http-on-tls-port'
  | 'tls-version'
  | 'tls-handshake'
  | 'tls-cut'
  | 'tls-silent'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-wrong-name'
  | 'certificate-unknown-authority'
  | 'certificate-self-signed'
  | 'certificate-pin-changed'
  | 'certificate-unreadable'
  // http
  | 'tls-on-http-port'
  | 'not-http'
  | 'silent'
  | 'cut'
  | 'broken-http'
  | 'iis'
  | 'wrong-path'
  | 'forbidden'
  | 'proxy'
  | 'gateway'
  | 'web-page'
  | 'service-unavailable'
  | 'method-refused'
  | 'too-large'
  | 'bad-request'
  | 'redirect'
  | 'unsealed-refused'
  | 'unsealed-answer'
  | 'not-ws-man'
  // schemes and signing in
  | 'no-scheme'
  | `sign-in-${AuthenticationReason}`
  | 'sign-in-cut'
  // after signing in
  | 'access-denied'
  | 'remote-access-off'
  | 'config-denied'
  | 'wmi-denied'
  | 'wmi-broken'
  | 'wmi-silent'
  | 'provider-failure'
  | 'service-odd'
  | 'shell-denied'
  | 'shells-off'
  | 'shell-quota'
  | 'operation-quota'
  | 'envelope-size'
  | 'other-make'
  | 'other-machine'
  | 'way-back'
  | 'fault'
  | 'mistake';

export interface Cause {
  readonly id: CauseId;
  /** One sentence. */
  readonly sentence: string;
  readonly detail?: string;
  readonly candidates?: readonly PossibleCause[];
  readonly fixes?: readonly Fix[];
}

/** What sentences and commands name. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly transport: 'http' | 'https';
  /** The machine is this computer. */
  readonly isLocal: boolean;
  readonly platform: NodeJS.Platform;
  readonly userName: string | null;
}

/** Programs whose lines stand behind a colon in an advice. */
const commandStart =
  /: ((?:winrm|winrs|windeck|net|netsh|netstat|sc|sc\.exe|setspn|w32tm|reg|nltest|klist|kinit|kpasswd|host|nslookup|ping|certutil|chronyc|sudo|arp|tracert|runas|nmap|gpresult|winmgmt|openssl|powershell|systemctl|[A-Z][a-z]+-[A-Z][A-Za-z]+)(?: .+)?)$/;

/** An advice whose command stands behind a colon at its end, as every advice of ours is written. */
export function fixOf(advice: string): Fix {
  const match = commandStart.exec(advice);
  if (match === null) return { text: advice, command: null };
  return { text: `${advice.slice(0, match.index)}:`, command: match[1]! };
}

export const fixesOf = (advice: readonly string[]): readonly Fix[] => advice.map(fixOf);

export const candidate = (what: string, check: string): PossibleCause => ({ what, check: fixOf(check) });

/** What may stand in a command that somebody copies: names and addresses, and nothing that a shell would act on. */
export function asArgument(text: string): string {
  return /^[\w.:%-]{1,255}$/.test(text) ? text : 'HOST';
}
