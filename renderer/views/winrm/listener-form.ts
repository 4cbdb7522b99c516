import type { StoreCertificate, WinrmListener } from '../../../shared/contract/winrm-settings.ts';
import type { DraftChange } from '../../stores/winrm-draft.ts';

/** What stands in the fields of the listener dialog. */
export interface ListenerForm {
  /** `any`: `*`. `ip` and `mac` take `address`. */
  readonly kind: 'any' | 'ip' | 'mac';
  readonly address: string;
  readonly transport: 'HTTP' | 'HTTPS';
  /** Empty: the machine's own default. */
  readonly port: string;
  readonly hostname: string;
  readonly enabled: boolean;
  readonly urlPrefix: string;
  /** Thumbprint; empty: the machine looks for one by the host name. */
  readonly certificate: string;
}

export const emptyListener: ListenerForm = {
  kind: 'any',
  address: '',
  transport: 'HTTP',
  port: '',
  hostname: '',
  enabled: true,
  urlPrefix: 'wsman',
  certificate: '',
};

export function formOf(listener: WinrmListener): ListenerForm {
  const [, kind, address] = /^(IP|MAC):(.*)$/i.exec(listener.address) ?? [];
  return {
    kind: kind === undefined ? 'any' : kind.toUpperCase() === 'IP' ? 'ip' : 'mac',
    address: address ?? '',
    transport: listener.transport,
    port: String(listener.port),
    hostname: listener.hostname,
    enabled: listener.enabled,
    urlPrefix: listener.urlPrefix,
    certificate: listener.thumbprint,
  };
}

/** The selector as WinRM writes it: `*`, `IP:10.0.0.4`, `MAC:00-11-22-33-44-55`. */
export const addressOf = ({ kind, address }: ListenerForm): string =>
  kind === 'any' ? '*' : `${kind === 'ip' ? 'IP' : 'MAC'}:${address.trim()}`;

export const defaultPort: Readonly<Record<'HTTP' | 'HTTPS', number>> = { HTTP: 5985, HTTPS: 5986 };

/** Chosen, the certificate also says the host name, which must be the one it is made out to. */
export function withCertificate(
  form: ListenerForm,
  thumbprint: string,
  certificates: readonly StoreCertificate[],
): ListenerForm {
  const chosen = certificates.find((one) => one.thumbprint === thumbprint);
  return { ...form, certificate: thumbprint, hostname: chosen?.hostname ?? form.hostname };
}

export type ListenerProblems = Partial<Record<'address' | 'port' | 'hostname' | 'urlPrefix' | 'certificate', string>>;

/**
 * What would not do, field by field. `taken`: listeners that exist or are drafted, where this is a new one. A host name that another program
 * has given to `existing`, whatever its certificate says, may stay.
 */
export function listenerProblems(
  form: ListenerForm,
  certificates: readonly StoreCertificate[],
  taken: readonly { readonly address: string; readonly transport: string }[],
  existing: WinrmListener | null = null,
): ListenerProblems {
  const address = addressOf(form);
  const chosen = certificates.find((one) => one.thumbprint === form.certificate);
  const problems: { -readonly [K in keyof ListenerProblems]: ListenerProblems[K] } = {};
  if (form.kind === 'ip' && !/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)$/i.test(form.address.trim())) {
    problems.address = 'An address of the machine: IPv4 or IPv6.';
  } else if (form.kind === 'mac' && !/^[0-9a-f]{2}(-[0-9a-f]{2}){5}$/i.test(form.address.trim())) {
    problems.address = 'Six bytes with hyphens: 00-11-22-33-44-55.';
  } else if (
    taken.some((one) => one.address.toLowerCase() === address.toLowerCase() && one.transport === form.transport)
  ) {
    problems.address = `There is one on ${address} for ${form.transport} already. Edit that one.`;
  }
  if (form.port.trim() !== '' && !isPort(form.port)) problems.port = '1 to 65535, or nothing for the default.';
  if (!/^\w+(\/\w+)*$/.test(form.urlPrefix)) problems.urlPrefix = 'Letters, digits, _ and / inside.';
  if (form.transport === 'HTTPS') {
    if (form.certificate === '' && form.hostname.trim() === '') {
      problems.certificate = 'Choose a certificate, or give the host name of one.';
    } else if (chosen !== undefined && chosen.unsuitable.length > 0) {
      problems.certificate = chosen.unsuitable[0] ?? 'WinRM refuses it.';
    } else if (
      chosen !== undefined &&
      form.hostname.trim() !== '' &&
      !(existing?.thumbprint === form.certificate && existing.hostname === form.hostname) &&
      ![chosen.hostname, ...chosen.names].some((name) => name?.toLowerCase() === form.hostname.trim().toLowerCase())
    ) {
      problems.hostname = `The certificate is made out to ${chosen.hostname ?? 'nobody'}.`;
    }
  }
  return problems;
}

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535;

/** The change that the form asks for; `existing` where it edits one. */
export function listenerChange(form: ListenerForm, existing: WinrmListener | null): DraftChange {
  const https = form.transport === 'HTTPS';
  const hostname = form.hostname.trim();
  const port = form.port.trim();
  const values = { transport: form.transport, enabled: form.enabled, urlPrefix: form.urlPrefix };
  // In a new one null leaves the choice to the machine. In one that exists it would leave the value as it is, so that it has to be said.
  if (existing === null) {
    return {
      kind: 'create-listener',
      address: addressOf(form),
      ...values,
      port: port === '' ? null : Number(port),
      hostname: hostname === '' ? null : hostname,
      thumbprint: https && form.certificate !== '' ? form.certificate : null,
    };
  }
  return {
    kind: 'edit-listener',
    address: existing.address,
    ...values,
    port: port === '' ? defaultPort[form.transport] : Number(port),
    hostname,
    thumbprint: https ? form.certificate : null,
  };
}

/** Those that will do first, then by how long they are good for. */
export const sortCertificates = (certificates: readonly StoreCertificate[]): readonly StoreCertificate[] =>
  certificates.toSorted(
    (a, b) => Number(a.unsuitable.length > 0) - Number(b.unsuitable.length > 0) || b.validToAt - a.validToAt,
  );
