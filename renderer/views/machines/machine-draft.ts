import type { Machine, MachineSettings, SignIn, Spn } from '../../../shared/contract/machines.ts';
import { defaultPort, isIPAddress, isLoopback, parseAddress } from './address.ts';

/** The form of adding and editing a machine: what was typed, not yet what it means. */
export interface MachineDraft {
  readonly addressText: string;
  /** Empty: the address is the name. */
  readonly name: string;
  readonly transport: 'http' | 'https';
  readonly portText: string;
  /** Until then the port follows the transport. */
  readonly portTouched: boolean;
  readonly path: string;
  readonly signIn: SignIn;
  readonly spn: SpnDraft;
  readonly delegate: boolean;
  readonly credential: CredentialChoice;
  readonly trusted: boolean;
  readonly allowClearText: boolean;
  readonly pin: string | null;
  readonly tags: readonly string[];
}

/** The service principal name as it is typed; empty: the default. */
export interface SpnDraft {
  readonly serviceClass: string;
  readonly host: string;
  readonly withPort: boolean;
}

/** What its tags or all machines have, a saved set of its own, or a new one being typed (its password is only in the field). */
export type CredentialChoice =
  | { readonly kind: 'saved'; readonly id: string }
  | { readonly kind: 'new'; readonly userName: string }
  | { readonly kind: 'inherit' };

const defaultSpn: SpnDraft = { serviceClass: '', host: '', withPort: false };

export const emptyDraft = (credential: CredentialChoice): MachineDraft => ({
  addressText: '',
  name: '',
  transport: 'http',
  portText: '5985',
  portTouched: false,
  path: 'wsman',
  signIn: 'negotiate',
  spn: defaultSpn,
  delegate: false,
  credential,
  trusted: false,
  allowClearText: false,
  pin: null,
  tags: [],
});

export function draftOf({ settings }: Machine): MachineDraft {
  return {
    addressText: settings.address,
    name: settings.name === settings.address ? '' : settings.name,
    transport: settings.transport,
    portText: String(settings.port),
    portTouched: settings.port !== defaultPort(settings.transport),
    path: settings.path,
    signIn: settings.signIn,
    spn: { ...settings.spn, serviceClass: settings.spn.serviceClass ?? '', host: settings.spn.host ?? '' },
    delegate: settings.delegate,
    credential: settings.credentialId === null ? { kind: 'inherit' } : { kind: 'saved', id: settings.credentialId },
    trusted: settings.trusted,
    allowClearText: settings.allowClearText,
    pin: settings.pin,
    tags: settings.tags,
  };
}

/** The address field changed. A pasted URL also says transport, port and path; they move into their own fields on leaving it. */
export const withAddress = (draft: MachineDraft, addressText: string): MachineDraft => ({ ...draft, addressText });

/** Takes apart what the address field holds, and leaves the bare address in it. */
export function settleAddress(draft: MachineDraft): MachineDraft {
  const parsed = parseAddress(draft.addressText);
  if (parsed.problem !== undefined || parsed.address === '') return draft;
  const settled = parsed.transport === undefined ? draft : withTransport(draft, parsed.transport);
  return {
    ...settled,
    addressText: parsed.address,
    ...(parsed.port === undefined
      ? {}
      : { portText: String(parsed.port), portTouched: parsed.port !== defaultPort(settled.transport) }),
    ...(parsed.path === undefined ? {} : { path: parsed.path }),
  };
}

/** A pin belongs to HTTPS, and consent to clear text to HTTP: neither outlives its transport. */
export function withTransport(draft: MachineDraft, transport: 'http' | 'https'): MachineDraft {
  return {
    ...draft,
    transport,
    portText: draft.portTouched ? draft.portText : String(defaultPort(transport)),
    pin: transport === 'https' ? draft.pin : null,
    allowClearText: transport === 'https' ? false : draft.allowClearText,
    trusted: transport === 'https' ? false : draft.trusted,
  };
}

/** NTLM does not prove the machine to us: over plain HTTP the user has to vouch for the address, unless it is this computer. */
export const asksForTrust = (draft: MachineDraft): boolean =>
  draft.transport === 'http' &&
  (draft.signIn === 'negotiate' || draft.signIn === 'ntlm') &&
  !isLoopback(parseAddress(draft.addressText).address);

/** Neither Basic nor Digest encrypts anything: over plain HTTP the user has to say that this is meant. */
export const asksForClearText = (draft: MachineDraft): boolean =>
  draft.transport === 'http' && (draft.signIn === 'basic' || draft.signIn === 'digest');

/** The policies under which Kerberos may be used: only there do a principal's name and delegation mean anything. */
export const usesKerberos = (signIn: SignIn): boolean => signIn === 'negotiate' || signIn === 'kerberos';

const spnOf = ({ serviceClass, host, withPort }: SpnDraft): Spn => ({
  serviceClass: serviceClass.trim() === '' ? null : serviceClass.trim(),
  host: host.trim() === '' ? null : host.trim(),
  withPort,
});

/** The names that a ticket is asked for, in their order; empty where there is only an address, for which no ticket exists. */
export function spnsOf(draft: MachineDraft): readonly string[] {
  const chosen = spnOf(draft.spn);
  const parsed = parseAddress(draft.addressText);
  const host = chosen.host ?? parsed.address;
  if (host === '' || isIPAddress(host)) return [];
  const classes = chosen.serviceClass === null ? ['HTTP', 'HOST'] : [chosen.serviceClass];
  const port = chosen.withPort ? `:${parsed.port ?? draft.portText}` : '';
  return classes.map((serviceClass) => `${serviceClass}/${host.replace(/\.$/, '')}${port}`);
}

export interface DraftProblems {
  readonly address?: string;
  readonly port?: string;
  readonly path?: string;
  readonly credential?: string;
  readonly serviceClass?: string;
  readonly spnHost?: string;
}

const spnProblems = ({ serviceClass, host }: SpnDraft): Pick<DraftProblems, 'serviceClass' | 'spnHost'> => ({
  ...(/^[A-Za-z0-9_-]{0,64}$/.test(serviceClass.trim()) ? {} : { serviceClass: 'A service class such as HTTP.' }),
  ...(/^[A-Za-z0-9._-]{0,255}$/.test(host.trim())
    ? {}
    : { spnHost: 'A host name: letters, digits, dots and hyphens.' }),
});

/** What keeps it from being tested or saved, field by field. */
export function draftProblems(draft: MachineDraft): DraftProblems {
  const parsed = parseAddress(draft.addressText);
  const port = Number(parsed.port ?? draft.portText);
  return {
    ...(parsed.problem !== undefined
      ? { address: parsed.problem }
      : parsed.address === ''
        ? { address: 'Type a name or an address.' }
        : {}),
    ...(Number.isInteger(port) && port >= 1 && port <= 65_535 ? {} : { port: 'A number from 1 to 65535.' }),
    ...(/^[A-Za-z0-9_/-]*$/.test(draft.path) ? {} : { path: 'Letters, digits, - and _ only.' }),
    ...(usesKerberos(draft.signIn) ? spnProblems(draft.spn) : {}),
    ...(draft.credential.kind === 'new' && draft.credential.userName.trim() === ''
      ? { credential: 'Type a user name.' }
      : {}),
  };
}

/** What is sent to the console. `credentialId` null for a credential that is not saved yet. */
export function settingsOf(draft: MachineDraft): MachineSettings {
  const settled = settleAddress(draft);
  const address = parseAddress(settled.addressText).address;
  return {
    name: settled.name.trim() === '' ? address : settled.name.trim(),
    address,
    transport: settled.transport,
    port: Number(settled.portText),
    path: settled.path.replace(/^\/+|\/+$/g, ''),
    signIn: settled.signIn,
    // Kept for the day that it is Kerberos again, unless it could not be used then either.
    spn: spnOf(Object.keys(spnProblems(settled.spn)).length === 0 ? settled.spn : defaultSpn),
    delegate: settled.delegate,
    credentialId: settled.credential.kind === 'saved' ? settled.credential.id : null,
    trusted: asksForTrust(settled) && settled.trusted,
    allowClearText: asksForClearText(settled) && settled.allowClearText,
    pin: settled.transport === 'https' ? settled.pin : null,
    tags: [...settled.tags],
  };
}
