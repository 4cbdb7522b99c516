import { isMustUnderstand, type ReceivedRequest, readRequest } from '../wsman/envelope.ts';
import { ProtocolError } from '../wsman/errors.ts';
import { actions, ns } from '../wsman/namespaces.ts';
import { child, parseXml, type XmlElement } from '../wsman/xml.ts';
import { mayManage } from './authentication/accounts.ts';
import type { Caller } from './authentication.ts';
import { isAllowed } from './config-access.ts';
import { requirePluginFor } from './config-plugins.ts';
import { enumerate, pull, release } from './enumeration.ts';
import { answerEventing, isEventingRequest } from './event-subscriptions.ts';
import { faultResponse, LabFault } from './faults.ts';
import { createInstance, deleteInstance, getInstance, putInstance } from './instances.ts';
import { invokeMethod } from './invoke.ts';
import { omiBody, omiFault, omiIdentity, refuseForOmi } from './omi-dialect.ts';
import type { LabRequest, OperationResult } from './operation.ts';
import { answerPowerShell, isPowerShellRequest } from './psrp/psrp-service.ts';
import { type LabResponse, writeEnvelope } from './response.ts';
import { answerShell, isShellRequest } from './shell/shell-service.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { count } from './statistics.ts';

/** SOAP in, SOAP out: checks what a server must check (MS-WSMV 3.1.4.1), then hands over by action. */

export type Delivered = LabResponse & Pick<OperationResult, 'afterwards' | 'dropsConnection'>;

export async function answer(
  machine: SimulatedMachine,
  caller: Caller,
  soap: Uint8Array,
  charset: string | null,
): Promise<Delivered> {
  const isOmi = machine.plan.make === 'omi';
  let request: ReceivedRequest | null = null;
  try {
    const root = parse(soap, charset);
    if (isIdentify(root)) return identify(machine, true);
    request = readRequest(root);
    const unsigned = check(machine, request);
    if (isOmi) refuseForOmi(unsigned);
    const account = typeof caller === 'function' ? caller(unsigned.resourceUri) : caller;
    if (account === null || !mayManage(account)) throw new LabFault(5);
    const checked: LabRequest = { ...unsigned, account };
    if (!isAllowed(machine.winrmConfig.text('Service/RootSDDL'), account, checked.action)) throw new LabFault(5);
    requirePluginFor(machine, checked.resourceUri);
    count(machine.statistics.requests, checked.action);
    const user = { user: account.user, clientAddress: '127.0.0.1' };
    const [family, result] = isPowerShellRequest(checked)
      ? await answerPowerShell(machine, user, checked)
      : isShellRequest(checked)
        ? await answerShell(machine, user, checked)
        : isEventingRequest(machine, checked)
          ? await answerEventing(machine, account, checked)
          : await dispatch(machine, checked);
    const answered = isOmi ? omiBody(checked, result.body) : result.body;
    const body = writeEnvelope(family, `${checked.action}Response`, checked.messageId, answered, result.headers);
    if (Buffer.byteLength(body) > checked.limit) throw new LabFault(2150858823);
    if (result.delayMs) await waitAtMost(result.delayMs, checked.operationTimeoutMs);
    return {
      status: 200,
      body,
      ...(result.afterwards ? { afterwards: result.afterwards } : {}),
      ...(result.dropsConnection ? { dropsConnection: true } : {}),
    };
  } catch (error) {
    if (error instanceof ProtocolError)
      return faultResponse(new LabFault(2150858819), machine.plan.name, request?.messageId ?? null);
    if (error instanceof LabFault && isOmi) return omiFault(error, request?.messageId ?? null);
    if (error instanceof LabFault) return faultResponse(error, machine.plan.name, request?.messageId ?? null);
    throw error;
  }
}

/** Identify with the HTTP header WSMANIDENTIFY: no version of the operating system, no security profiles (MS-WSMV 3.1.4.1.23). */
export function answerAnonymousIdentify(machine: SimulatedMachine, soap: Uint8Array): LabResponse {
  try {
    if (isIdentify(parse(soap, null))) return identify(machine, false);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return faultResponse(new LabFault(5), machine.plan.name, null);
}

const parse = (soap: Uint8Array, charset: string | null): XmlElement => parseXml(soap, charset);

function isIdentify(root: XmlElement): boolean {
  const body = child(root, 'Body', ns.soap);
  return body?.children[0]?.local === 'Identify' && body.children[0].namespace === ns.identity;
}

function identify(machine: SimulatedMachine, authenticated: boolean): LabResponse {
  count(machine.statistics.requests, actions.identify);
  if (machine.plan.make === 'omi') return omiIdentity();
  if (machine.isController) return identity('Openwsman Project', '2.8.1', '');
  const { generation } = machine.plan;
  const version = authenticated ? `OS: ${generation.version} SP: ${generation.servicePack}.0` : 'OS: 0.0.0 SP: 0.0';
  const auth = (name: string): boolean => machine.winrmConfig.flag(`Service/Auth/${name}`);
  // MS-WSMV 3.1.4.1.29.2
  const profiles = Object.entries({
    basic: auth('Basic'),
    'spnego-kerberos': auth('Negotiate') || (auth('Kerberos') && machine.authentication.kerberos),
    mutual: auth('Certificate') && machine.transport === 'https',
  })
    .filter(([, isOn]) => isOn)
    .map(
      ([profile]) =>
        `<wsmid:SecurityProfileName>${securityProfile}${machine.transport}/${profile}</wsmid:SecurityProfileName>`,
    );
  const securityProfiles =
    authenticated && generation.stack === '3.0'
      ? `<wsmid:SecurityProfiles>${profiles.join('')}</wsmid:SecurityProfiles>`
      : '';
  return identity('Microsoft Corporation', `${version} Stack: ${generation.stack}`, securityProfiles);
}

function identity(vendor: string, version: string, securityProfiles: string): LabResponse {
  return {
    status: 200,
    body:
      `<s:Envelope xml:lang="en-US" xmlns:s="${ns.soap}"><s:Header/><s:Body><wsmid:IdentifyResponse xmlns:wsmid="${ns.identity}">` +
      `<wsmid:ProtocolVersion>${ns.wsman}</wsmid:ProtocolVersion><wsmid:ProductVendor>${vendor}</wsmid:ProductVendor>` +
      `<wsmid:ProductVersion>${version}</wsmid:ProductVersion>${securityProfiles}` +
      '</wsmid:IdentifyResponse></s:Body></s:Envelope>',
  };
}
const securityProfile = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/';

/** Headers that WinRM knows; any other one marked mustUnderstand is a fault. */
const known: ReadonlySet<string> = new Set([
  ...['To', 'ReplyTo', 'FaultTo', 'From', 'Action', 'MessageID', 'RelatesTo'].map((name) => `${ns.addressing} ${name}`),
  ...[
    'ResourceURI',
    'SelectorSet',
    'OptionSet',
    'OperationTimeout',
    'MaxEnvelopeSize',
    'Locale',
    'FragmentTransfer',
    'RequestEPR',
    'RequestTotalItemsCountEstimate',
  ].map((name) => `${ns.wsman} ${name}`),
  ...['SessionId', 'OperationID', 'SequenceId', 'DataLocale', 'ActivityId'].map((name) => `${ns.microsoft} ${name}`),
]);

function check(machine: SimulatedMachine, request: ReceivedRequest): Omit<LabRequest, 'account'> {
  for (const header of request.headers) {
    if (!isMustUnderstand(header)) continue;
    if (header.local === 'Locale' && header.namespace === ns.wsman) throw new LabFault(2150858887);
    if (!known.has(`${header.namespace} ${header.local}`)) throw new LabFault(2150858768);
  }
  const { action, replyTo, resourceUri } = request;
  if (!action) throw new LabFault(2150858769, { text: 'The header Action is required.' });
  if (!replyTo) throw new LabFault(2150858769, { text: 'The header ReplyTo is required.' });
  if (replyTo !== `${ns.addressing}/role/anonymous`) throw new LabFault(2150858870);
  if (!request.messageId) throw new LabFault(2150858769, { text: 'The header MessageID is required.' });
  if (!resourceUri) throw new LabFault(2150858811, { text: 'The header ResourceURI is required.' });
  if (request.maxEnvelopeSize !== null && request.maxEnvelopeSize < 8192) throw new LabFault(2150858805);
  const names = request.selectors.map(([name]) => name.toLowerCase());
  if (new Set(names).size !== names.length) throw new LabFault(2150858813, { text: 'A selector is given twice.' });
  const own = machine.winrmConfig.number('MaxEnvelopeSizekb') * 1024;
  return { ...request, action, resourceUri, limit: Math.min(own, request.maxEnvelopeSize ?? own) };
}

type Family = Parameters<typeof writeEnvelope>[0];

async function dispatch(machine: SimulatedMachine, request: LabRequest): Promise<readonly [Family, OperationResult]> {
  switch (request.action) {
    case actions.get:
      return ['transfer', getInstance(machine, request)];
    case actions.put:
      return ['transfer', putInstance(machine, request)];
    case actions.create:
      return ['transfer', createInstance(machine, request)];
    case actions.delete:
      return ['transfer', deleteInstance(machine, request)];
    case actions.enumerate:
      return ['enumeration', enumerate(machine, request)];
    case actions.pull:
      return ['enumeration', pull(machine, request)];
    case actions.release:
      return ['enumeration', release(machine, request)];
    default:
      return ['other', invokeMethod(machine, request)];
  }
}

/** Waits as the operation does, or until its OperationTimeout, which is a fault. */
async function waitAtMost(delayMs: number, timeoutMs: number | null): Promise<void> {
  const limit = Math.min(timeoutMs ?? 60_000, 60_000);
  await new Promise((resolve) => setTimeout(resolve, Math.min(delayMs, limit)));
  if (delayMs > limit) throw new LabFault(2150858793);
}
