/**
 * Any failure in the shape that winrm gives it: a WSManFault element, the number of the error, a description; and then what winrm has not,
 * our advice. Numbers of failures that never reached the target are those that Windows' own client uses (ERROR_WSMAN_*, Win32).
 */
import {
  AuthenticationError,
  type AuthenticationReason,
  CertificateError,
  explainFailure,
  type FailurePlace,
  filteredTokenAdvice,
  OutcomeUnknownError,
  ProtocolError,
  parseXml,
  TransportError,
  WSManFault,
  wsmanErrorAdvice,
  type XmlElement,
} from '../wsman/index.ts';
import type { Format } from './command.ts';
import { formatItem } from './format.ts';
import { printable, printableProse } from './text-format.ts';

const faultNamespace = 'http://schemas.microsoft.com/wbem/wsman/1/wsmanfault';

export interface Failure {
  readonly element: XmlElement;
  /** Unsigned 32 bit; null where the target named none. */
  readonly number: number | null;
  readonly description: string;
  /** What to do, one sentence each. */
  readonly advice: readonly string[];
  /** What was seen, one line each. */
  readonly evidence: readonly string[];
}

/** `machine` is what was typed, for the fault element; port and user name are for sentences and commands that name them. */
export function describeFailure(error: unknown, machine: string, place: Omit<FailurePlace, 'host'> = {}): Failure {
  if (error instanceof WSManFault) return describeFault(error, place.userName);
  if (error instanceof AuthenticationError) return describeAuthentication(error, machine, place);
  const { number, advice } = classify(error);
  const description = error instanceof Error ? error.message : String(error);
  return {
    element: faultElement(number, machine, description),
    number,
    description,
    advice: advice === null ? [] : [advice],
    evidence: [],
  };
}

/** The lines for standard error. */
export function formatFailure(failure: Failure, format: Format): string {
  const { element, number, description, advice, evidence } = failure;
  const lines = [
    format === 'xml' || format === 'pretty'
      ? formatItem(element, format).trimEnd()
      : formatItem(withoutLineBreaks(element), 'text').trimEnd(),
    '',
  ];
  if (number !== null) lines.push(`Error number:  ${number | 0} ${hexadecimal(number)}`);
  lines.push(printableProse(description));
  if (advice.length > 0) lines.push('', ...titled('Advice', advice));
  if (evidence.length > 0) lines.push('', ...titled('Evidence', evidence));
  return `${lines.join('\n')}\n`;
}

/** The title stands once, what is under it in one column. Each is one line, so that a command can be taken as it stands. */
const titled = (title: string, texts: readonly string[]): string[] =>
  texts.map((text, i) => `${i === 0 ? `${title}: ` : ' '.repeat(title.length + 2)}${printable(text)}`);

const hexadecimal = (number: number): string => `0x${(number >>> 0).toString(16).toUpperCase()}`;

function describeFault(error: WSManFault, userName: string | undefined): Failure {
  const { fields } = error;
  const fault = parseXml(fields.xml);
  const number = fields.wsmanCode;
  return {
    element: findElement(fault, 'WSManFault', faultNamespace) ?? firstDetail(fault) ?? fault,
    number,
    description: error.message,
    advice: number === null ? [] : faultAdvice(number, userName),
    evidence: [],
  };
}

/** Where the detail is not a WSManFault (MSFT_WmiError, OMI_Error), that is what is shown. */
function firstDetail(fault: XmlElement): XmlElement | null {
  const detail = fault.children.find((c) => c.local === 'Detail');
  return detail?.children.find((c) => c.children.length > 0) ?? null;
}

function findElement(element: XmlElement, local: string, namespace: string): XmlElement | null {
  if (element.local === local && element.namespace === namespace) return element;
  for (const inner of element.children) {
    const found = findElement(inner, local, namespace);
    if (found !== null) return found;
  }
  return null;
}

function faultElement(number: number | null, machine: string, message: string): XmlElement {
  const make = (local: string, rest: Pick<XmlElement, 'attributes' | 'children' | 'text'>): XmlElement => ({
    namespace: faultNamespace,
    local,
    prefix: 'f',
    ...rest,
    resolvePrefix: (prefix) => (prefix === 'f' ? faultNamespace : null),
  });
  const attribute = (local: string, value: string) => ({ namespace: '', local, value });
  return make('WSManFault', {
    attributes: [...(number === null ? [] : [attribute('Code', String(number >>> 0))]), attribute('Machine', machine)],
    children: [make('Message', { attributes: [], children: [], text: message })],
    text: '',
  });
}

/** Messages of faults are prose, broken into lines anywhere: one line each in text. */
function withoutLineBreaks(element: XmlElement): XmlElement {
  return {
    ...copyOf(element),
    text: element.text.replace(/\s+/g, ' '),
    children: element.children.map(withoutLineBreaks),
  };
}
const copyOf = ({ namespace, local, attributes, children, text, resolvePrefix }: XmlElement): XmlElement => ({
  namespace,
  local,
  attributes,
  children,
  text,
  resolvePrefix,
});

interface Classified {
  readonly number: number | null;
  readonly advice: string | null;
}

function classify(error: unknown): Classified {
  if (error instanceof CertificateError) return certificateFailure(error);
  if (error instanceof TransportError) return transportFailure(error);
  if (error instanceof OutcomeUnknownError) {
    return { number: 0x80338126, advice: 'It may have been done. Read the state before sending it again.' };
  }
  if (error instanceof ProtocolError) {
    return {
      number: 0x803380f7,
      advice: 'Is this the WinRM port of a Windows machine? Something else may answer there.',
    };
  }
  return { number: null, advice: null };
}

/** The words of every front, and first what a switch of this command line would do about it. */
function describeAuthentication(
  error: AuthenticationError,
  machine: string,
  place: Omit<FailurePlace, 'host'>,
): Failure {
  const { sentence, advice, evidence, windowsCode } = explainFailure(error, { ...place, host: machine });
  const own = switchAdvice[error.reason];
  return {
    element: faultElement(windowsCode, machine, sentence),
    number: windowsCode,
    description: sentence,
    advice: own === undefined ? advice : [own, ...advice],
    evidence,
  };
}

const switchAdvice: Readonly<Partial<Record<AuthenticationReason, string>>> = {
  'scheme-not-offered': 'Choose another way to sign in with -auth, for example -auth:negotiate.',
  'no-credential': 'Add -u:USER; the password is asked for.',
  'not-trusted': 'Use -usessl, or add -trusted to accept for this one command that the machine cannot prove who it is.',
  'clear-text-refused': 'Use -usessl, or add -unencrypted to let this one command go out in clear text.',
  'spn-wrong-account': 'Add -SPNPort to ask for the SPN with the port.',
};

function certificateFailure(error: CertificateError): Classified {
  const leaf = error.chain[0];
  const shown =
    leaf === undefined
      ? ''
      : ` The machine shows: ${leaf.subject}, issued by ${leaf.issuer}, SHA-256 ${leaf.sha256}, for ${leaf.names.join(', ') || 'no name'}.`;
  const switches = [
    ...(error.failures.includes('unknown-authority') ? ['-skipCAcheck'] : []),
    ...(error.failures.includes('wrong-name') ? ['-skipCNcheck'] : []),
  ];
  const way =
    switches.length === 0
      ? 'The certificate has to be renewed or the clock set right.'
      : `If you know this certificate to be the right one, add ${switches.join(' and ')} for this one command.`;
  return { number: 0x80072f8f, advice: `${way}${shown}` };
}

function transportFailure(error: TransportError): Classified {
  switch (error.reason) {
    case 'name-not-found':
      return {
        number: 0x803381b9,
        advice: 'Check the spelling of the name, or use the fully qualified name or the address.',
      };
    case 'refused':
      return {
        number: 0x80338012,
        advice:
          'On the machine: winrm quickconfig (WinRM not set up), or open the port in its firewall. WinRM 1.1 (Windows Server 2003 R2, Vista, 2008) listens on port 80: -r:http://HOST.',
      };
    case 'network-unreachable':
    case 'connect-timeout':
      return {
        number: 0x80338126,
        advice: 'The machine is off, or a firewall drops the connection: ports 5985 (HTTP) and 5986 (HTTPS).',
      };
    case 'response-timeout':
      return {
        number: 0x80338126,
        advice: 'The machine took the request and did not answer in time. -timeout:MS allows more.',
      };
    case 'connection-lost':
      return {
        number: 0x80338012,
        advice: 'The connection ended before the answer was whole. Try again; after a reboot wait until it is up.',
      };
    case 'tls':
      return {
        number: 0x803381ba,
        advice:
          'Is this an HTTPS listener (port 5986)? A very old machine may know no TLS version that is still accepted.',
      };
    case 'certificate':
      return { number: 0x80072f8f, advice: null };
    case 'http':
      return httpFailure(error.httpStatus);
  }
}

function httpFailure(status: number | null): Classified {
  switch (status) {
    case 400:
      return { number: 0x80338171, advice: 'The HTTP layer of the machine refused the request before WinRM saw it.' };
    case 404:
      return {
        number: 0x80338113,
        advice: 'The URL prefix is another one (-r:HOST/prefix), or not WinRM but a web server answers there.',
      };
    case 413:
      return { number: 0x80338111, advice: 'The request is larger than MaxEnvelopeSizekb of that machine allows.' };
    case 500:
      return {
        number: 0x80338170,
        advice: 'An empty 500 usually means that the machine takes encrypted messages only: do not use -unencrypted.',
      };
    case 503:
      return { number: 0x80338112, advice: 'The WinRM service is stopping or not started.' };
    default:
      if (status !== null && status >= 300 && status < 400) return { number: 0x80338110, advice: null };
      return { number: 0x8033810f, advice: 'A proxy or another program may answer on that port.' };
  }
}

/** What this command line can say better than the library's words for every front. */
const ownAdvice: ReadonlyMap<number, string> = new Map([
  [0x80338029, 'The operation took longer than it may. -timeout:MS allows more.'],
  [0x8033803b, 'Check the alias and the spelling of the resource URI.'],
  [0x80338041, 'Check the names and values in @{…}.'],
  [0x803380fa, 'Name the instance: CLASS?KEY=VALUE. To see all of them: winrm enumerate CLASS.'],
  [0x803380fb, 'WQL goes to a namespace, not to a class: wmicimv2/*.'],
]);

/** By the number of the outermost WSManFault. */
function faultAdvice(number: number, userName: string | undefined): readonly string[] {
  const advice = ownAdvice.get(number) ?? wsmanErrorAdvice(number)?.advice;
  const filtered = number === 5 || number === 0x80070005 ? filteredTokenAdvice(userName) : [];
  return advice === undefined ? filtered : [advice, ...filtered];
}
