/** Which change could cut the connection that carries it, and why: twelve classes of them, and what hangs together with them. */
import type { ConfigState } from './changes.ts';
import { isSameListener, nameOfListener } from './changes.ts';
import type { ConfigListener, WinrmConfig } from './configuration.ts';

export type CutClass =
  | 'listener-removed'
  | 'port'
  | 'address'
  | 'transport'
  | 'url-prefix'
  | 'authentication'
  | 'clear-text'
  | 'permissions'
  | 'address-filter'
  | 'max-connections'
  | 'certificate'
  | 'service'
  | 'firewall'
  | 'plugin'
  | 'remote-access';

export interface CutRisk {
  readonly class: CutClass;
  readonly certainty: 'certain' | 'possible';
  readonly why: string;
  /** The line of a difference that it belongs to begins with this. */
  readonly subject: string;
}

/** How this console is connected. */
export interface OwnConnection {
  readonly transport: 'http' | 'https';
  readonly port: number;
  /** Without slashes. */
  readonly path: string;
  /** What it signed in with; null while that is not known. */
  readonly mechanism: 'Kerberos' | 'NTLM' | 'Basic' | 'Digest' | 'Certificate' | null;
  /** The mechanism was carried inside SPNEGO, or might have been. */
  readonly insideSpnego: boolean;
  /** Messages go over plain HTTP, unsealed. */
  readonly isClearText: boolean;
}

/** The listeners through which the connection may come. One is enough: the others may be on addresses that cannot be told apart from here. */
export const carriersOf = (config: WinrmConfig, { transport, port }: OwnConnection): ConfigListener[] =>
  config.listeners.filter(
    (listener) => listener.enabled && listener.transport.toLowerCase() === transport && listener.port === port,
  );

/** `before` is what works now. Empty: nothing in it can cut the connection. */
export function risksBetween(before: ConfigState, after: ConfigState, own: OwnConnection): CutRisk[] {
  return [
    ...listenerRisks(before.config, after.config, own),
    ...settingRisks(before.config, after.config, own),
    ...mappingRisks(before.config, after.config, own),
    ...pluginRisks(before.config, after.config),
    ...(before.isServiceRunning && !after.isServiceRunning
      ? [risk('service', 'certain', 'Without its service WinRM answers nobody.', 'Service WinRM')]
      : []),
    ...(before.isFirewallOpen && !after.isFirewallOpen
      ? [risk('firewall', 'certain', 'The firewall then turns away what comes to WinRM.', 'Firewall')]
      : []),
  ];
}

const risk = (cutClass: CutClass, certainty: CutRisk['certainty'], why: string, subject: string): CutRisk => ({
  class: cutClass,
  certainty,
  why,
  subject,
});

function listenerRisks(before: WinrmConfig, after: WinrmConfig, own: OwnConnection): CutRisk[] {
  const carriers = carriersOf(before, own);
  const remaining = carriersOf(after, own);
  const risks: CutRisk[] = [];
  for (const carrier of carriers) {
    const subject = `Listener ${nameOfListener(carrier)}`;
    const now = after.listeners.find((candidate) => isSameListener(candidate, carrier));
    // Another listener with the same port may carry it as well; whether it does depends on addresses behind a NAT or a name.
    const certainty = remaining.some((candidate) => candidate.address === '*') ? 'possible' : 'certain';
    if (now === undefined) {
      const successor = after.listeners.find(
        (listener) => !before.listeners.some((old) => isSameListener(old, listener)),
      );
      const replaced = successor && (successor.transport !== carrier.transport ? 'transport' : 'address');
      const words = {
        transport: `This connection speaks ${carrier.transport}, and then there is ${successor?.transport} instead.`,
        address: `The service then listens on ${successor?.address} instead of ${carrier.address}.`,
        none: 'This connection comes through this listener.',
      };
      risks.push(risk(replaced ?? 'listener-removed', certainty, words[replaced ?? 'none'], subject));
      continue;
    }
    if (!now.enabled)
      risks.push(
        risk('listener-removed', certainty, 'This connection comes through this listener, which is then off.', subject),
      );
    if (now.port !== carrier.port)
      risks.push(risk('port', certainty, `This connection is on port ${carrier.port}.`, `${subject} › Port`));
    if (now.urlPrefix !== carrier.urlPrefix)
      risks.push(risk('url-prefix', 'certain', `This connection asks for /${own.path}.`, `${subject} › URL prefix`));
    // Over HTTP no certificate is shown; a host name there is only a name.
    if (carrier.transport === 'HTTPS' && (now.thumbprint !== carrier.thumbprint || now.hostname !== carrier.hostname)) {
      const why = 'The machine then shows another certificate, which may not be trusted here, or be missing there.';
      risks.push(
        risk(
          'certificate',
          'possible',
          why,
          now.thumbprint !== carrier.thumbprint ? `${subject} › Certificate` : `${subject} › Host name`,
        ),
      );
    }
  }
  return risks;
}

function settingRisks(before: WinrmConfig, after: WinrmConfig, own: OwnConnection): CutRisk[] {
  const risks: CutRisk[] = [];
  const now = new Map(after.settings.map(({ path, value }) => [path, value]));
  for (const { path, value } of before.settings) {
    const next = now.get(path);
    if (next === undefined || next === value) continue;
    const found = settingRisk(path, value, next, own);
    if (found !== null) risks.push(risk(found.class, found.certainty, found.why, path));
  }
  return risks;
}

type Found = Pick<CutRisk, 'class' | 'certainty' | 'why'>;

function settingRisk(path: string, before: string, next: string, own: OwnConnection): Found | null {
  const isOff = before === 'true' && next === 'false';
  switch (path) {
    case 'Service/Auth/Basic':
      return isOff && own.mechanism === 'Basic'
        ? { class: 'authentication', certainty: 'certain', why: 'This connection signs in with Basic.' }
        : null;
    case 'Service/Auth/Negotiate': {
      if (!isOff || own.mechanism === 'Basic' || own.mechanism === 'Certificate') return null;
      const isSure = own.insideSpnego || own.mechanism === 'NTLM';
      return {
        class: 'authentication',
        certainty: isSure ? 'certain' : 'possible',
        why: 'This connection signs in with Negotiate.',
      };
    }
    case 'Service/Auth/Kerberos':
      // Inside Negotiate it is a matter of Negotiate.
      return isOff && own.mechanism === 'Kerberos'
        ? {
            class: 'authentication',
            certainty: own.insideSpnego ? 'possible' : 'certain',
            why: 'This connection signs in with Kerberos.',
          }
        : null;
    case 'Service/Auth/Certificate':
      return isOff && own.mechanism === 'Certificate'
        ? { class: 'authentication', certainty: 'certain', why: 'This connection signs in with a client certificate.' }
        : null;
    case 'Service/Auth/CbtHardeningLevel':
      return next === 'Strict' && own.transport === 'https'
        ? {
            class: 'authentication',
            certainty: 'possible',
            why: 'A sign-in without a channel binding is then refused.',
          }
        : null;
    case 'Service/AllowUnencrypted':
      return isOff && own.isClearText
        ? { class: 'clear-text', certainty: 'certain', why: 'This connection is clear text over HTTP.' }
        : null;
    case 'Service/RootSDDL':
      return { class: 'permissions', certainty: 'possible', why: 'It may leave out the account that is signed in.' };
    case 'Service/IPv4Filter':
    case 'Service/IPv6Filter':
      return next.trim() === '*'
        ? null
        : {
            class: 'address-filter',
            certainty: 'possible',
            why: 'The service may no longer listen where this connection comes in.',
          };
    case 'Service/MaxConnections':
      return Number(next) < Number(before)
        ? {
            class: 'max-connections',
            certainty: 'possible',
            why: 'With fewer connections allowed a new one may be turned away.',
          }
        : null;
    case 'Service/AllowRemoteAccess':
      return isOff
        ? { class: 'remote-access', certainty: 'certain', why: 'WinRM then answers no other computer.' }
        : null;
    case 'Service/CertificateThumbprint':
      return own.transport === 'https'
        ? {
            class: 'certificate',
            certainty: 'possible',
            why: 'A listener without a certificate of its own uses this one.',
          }
        : null;
    case 'Service/EnableCompatibilityHttpListener':
      return isOff && own.transport === 'http' && own.port === 80
        ? { class: 'listener-removed', certainty: 'certain', why: 'This connection is on port 80.' }
        : null;
    case 'Service/EnableCompatibilityHttpsListener':
      return isOff && own.transport === 'https' && own.port === 443
        ? { class: 'listener-removed', certainty: 'certain', why: 'This connection is on port 443.' }
        : null;
    default:
      return null;
  }
}

function mappingRisks(before: WinrmConfig, after: WinrmConfig, own: OwnConnection): CutRisk[] {
  if (own.mechanism !== 'Certificate' || JSON.stringify(before.mappings) === JSON.stringify(after.mappings)) return [];
  const why = 'This connection signs in with a client certificate, by one of the mappings.';
  return [risk('authentication', 'possible', why, 'Certificate mapping')];
}

/** Without WMI the console reads nothing, and could not take its revert back either. */
function pluginRisks(before: WinrmConfig, after: WinrmConfig): CutRisk[] {
  return before.plugins.flatMap((plugin) => {
    const now = after.plugins.find(({ name }) => name === plugin.name);
    const isWmi = /WsmWmiPl/i.test(plugin.fileName);
    if (!isWmi || !plugin.enabled || now?.enabled !== false) return [];
    return [
      risk(
        'plugin',
        'certain',
        'All that this console reads of a machine comes through WMI.',
        `Plug-in ${plugin.name} › Enabled`,
      ),
    ];
  });
}
