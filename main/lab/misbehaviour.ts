import type { Socket } from 'node:net';
import type { OwnContext } from '../wsman/auth/security-context.ts';
import { type SealingProtocol, SOAP_CONTENT_TYPE, wrapMessage } from '../wsman/transport/message-encryption.ts';
import { type AuthenticationMisbehaviour, isAuthenticationMisbehaviour } from './authentication/misbehaviour.ts';
import { faultResponse, LabFault } from './faults.ts';
import { writeEnvelope } from './response.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/**
 * What a machine does wrong on demand. Applies to requests that carry a message (not to bare authentication legs), sealed or not; what goes
 * wrong with those legs is in authentication/misbehaviour.ts.
 */
export type Misbehaviour = {
  /** For this many requests; without it until cleared. */
  readonly times?: number;
  /** Only for requests with this action: the last part of the URI, without regard to case (`Get`, `StopService`, `Identify`). */
  readonly action?: string;
  /** Only for requests whose message has this in it, such as the name of a class. */
  readonly containing?: string;
} & (
  | { readonly kind: 'latency'; readonly milliseconds: number }
  | {
      readonly kind: /** The connection ends, nothing was executed. */
        | 'drop-before'
        /** The request is executed, then the connection ends. */
        | 'drop-after'
        | 'reset-mid-body'
        | 'bad-signature'
        | 'wrong-sequence'
        /** The right answer, but not sealed. */
        | 'unsealed'
        | 'unsealed-fault'
        | 'truncated-multipart'
        | 'expired-context'
        | 'quota'
        | 'malformed-xml'
        | 'empty-500'
        | 'unauthorized'
        | 'unavailable'
        /** Never answers. Without `action` not even authentication is answered. */
        | 'silence'
        /** Nobody listens. */
        | 'refuse-connections';
    }
  | { readonly kind: AuthenticationMisbehaviour }
  | { readonly kind: 'drip'; readonly millisecondsPerByte: number }
  | { readonly kind: 'fault'; readonly code: number; readonly text?: string }
  | { readonly kind: 'hostile-xml'; readonly variant: 'dtd' | 'deep' | 'huge-attribute' | 'many-attributes' | 'proto' }
  | { readonly kind: 'proxy-html'; readonly status: 200 | 407 | 502 }
);

export interface MisbehaviourState {
  set(misbehaviour: Misbehaviour | null): void;
  /** True while nothing at all is to be answered. */
  readonly isDeaf: boolean;
  /** True while nobody listens. */
  readonly refusesConnections: boolean;
  /** What applies to a request with this action and message; counts it. */
  take(action: () => string, message: () => string): Misbehaviour | null;
  /** What applies to a request that authenticates; counts it. */
  takeAuthentication(): AuthenticationMisbehaviour | null;
}

export function createMisbehaviourState(): MisbehaviourState {
  let current: Misbehaviour | null = null;
  let left = Number.POSITIVE_INFINITY;
  return {
    set(misbehaviour) {
      current = misbehaviour;
      left = misbehaviour?.times ?? Number.POSITIVE_INFINITY;
    },
    get isDeaf() {
      return current?.kind === 'silence' && current.action === undefined;
    },
    get refusesConnections() {
      return current?.kind === 'refuse-connections';
    },
    take(action, message) {
      if (current === null || isAuthenticationMisbehaviour(current.kind)) return null;
      if (current.action !== undefined) {
        const wanted = current.action.toLowerCase();
        const actual = action().toLowerCase();
        if (actual !== wanted && actual.slice(actual.lastIndexOf('/') + 1) !== wanted) return null;
      }
      if (current.containing !== undefined && !message().includes(current.containing)) return null;
      const taken = current;
      if (--left <= 0) current = null;
      return taken;
    },
    takeAuthentication() {
      if (current === null || !isAuthenticationMisbehaviour(current.kind)) return null;
      const { kind } = current;
      if (--left <= 0) current = null;
      return kind;
    },
  };
}

/** wsa:Action of a message, without parsing it. */
export function actionOf(soap: Uint8Array): string {
  const text = Buffer.from(soap.buffer, soap.byteOffset, soap.byteLength).toString('latin1');
  return (
    /<(?:[\w.-]+:)?Action\b[^>]*>\s*([^<\s]+)/.exec(text)?.[1] ??
    (/<(?:[\w.-]+:)?Identify\b/.test(text) ? 'Identify' : '')
  );
}

/** What happens before the request is looked at. True: there is nothing more to do. */
export async function performBefore(misbehaviour: Misbehaviour, socket: Socket): Promise<boolean> {
  if (misbehaviour.kind === 'latency') await new Promise((resolve) => setTimeout(resolve, misbehaviour.milliseconds));
  if (misbehaviour.kind === 'drop-before') socket.destroy();
  return misbehaviour.kind === 'drop-before' || misbehaviour.kind === 'silence';
}

export const isUndelivered = (misbehaviour: Misbehaviour): boolean => misbehaviour.kind === 'drop-after';

export type Replacement =
  /** Goes out as it is, never sealed. */
  | {
      readonly status: number;
      readonly body?: string;
      readonly contentType?: string;
      readonly close?: boolean;
      readonly headers?: Record<string, string>;
    }
  /** SOAP, sealed like any other answer. */
  | { readonly status: number; readonly soap: string };

const soapType = 'application/soap+xml;charset=UTF-8';

/** An answer that stands in for the real one; the request is then not executed. */
export function performInstead(misbehaviour: Misbehaviour, machine: SimulatedMachine): Replacement | null {
  const fault = (code: number, text?: string): string =>
    faultResponse(new LabFault(code, text === undefined ? {} : { text }), machine.plan.name, null).body;
  switch (misbehaviour.kind) {
    case 'fault':
      return { status: 500, soap: fault(misbehaviour.code, misbehaviour.text) };
    case 'expired-context':
      return { status: 500, soap: fault(2150858779) };
    case 'quota':
      return { status: 500, soap: fault(2150859174) };
    case 'malformed-xml':
      return {
        status: 200,
        soap: `${writeEnvelope('transfer', 'urn:broken', null, '<x:GetResponse>').slice(0, -30)}<unclosed & "`,
      };
    case 'hostile-xml':
      return { status: 200, soap: hostileXml(misbehaviour.variant) };
    case 'unsealed-fault':
      return { status: 500, body: fault(5), contentType: soapType };
    case 'empty-500':
      return { status: 500, close: true };
    case 'unauthorized':
      return { status: 401 };
    case 'unavailable':
      return {
        status: 503,
        body: '<html><body><h2>Service Unavailable</h2></body></html>',
        contentType: 'text/html; charset=us-ascii',
        close: true,
      };
    case 'proxy-html':
      return {
        status: misbehaviour.status,
        body: '<!DOCTYPE html><html><head><title>Access gateway</title></head><body><p>Please sign in to continue.</p></body></html>',
        contentType: 'text/html; charset=utf-8',
        ...(misbehaviour.status === 407 ? { headers: { 'Proxy-Authenticate': 'Basic realm="gateway"' } } : {}),
      };
    default:
      return null;
  }
}

/** The body of a sealed answer, spoiled where that is asked for; null: send it unsealed. */
export function sealMisbehaving(
  misbehaviour: Misbehaviour,
  context: OwnContext,
  soap: Uint8Array,
  protocol: SealingProtocol,
): Uint8Array | null {
  if (misbehaviour.kind === 'unsealed') return null;
  // One message is skipped: the next one carries a sequence number that is too high.
  if (misbehaviour.kind === 'wrong-sequence') context.wrap(new Uint8Array());
  const frame = wrapMessage(context, soap, SOAP_CONTENT_TYPE, protocol);
  if (misbehaviour.kind === 'bad-signature') {
    const signatureAt =
      Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).indexOf('octet-stream\r\n') + 14 + 4 + 6;
    frame[signatureAt] = frame[signatureAt]! ^ 0x55;
  }
  return misbehaviour.kind === 'truncated-multipart' ? frame.subarray(0, frame.length - 60) : frame;
}

type HostileVariant = Extract<Misbehaviour, { kind: 'hostile-xml' }>['variant'];

function hostileXml(variant: HostileVariant): string {
  const wrap = (body: string): string =>
    writeEnvelope('transfer', 'http://schemas.xmlsoap.org/ws/2004/09/transfer/GetResponse', null, body);
  switch (variant) {
    case 'dtd': {
      const entities = Array.from({ length: 10 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
      return `<?xml version="1.0"?><!DOCTYPE s [<!ENTITY l0 "lol">${entities}<!ENTITY file SYSTEM "file:///etc/passwd">]>${wrap('<p:X>&l10;&file;</p:X>')}`;
    }
    case 'deep':
      return wrap(`${'<p:d>'.repeat(20_000)}${'</p:d>'.repeat(20_000)}`);
    case 'huge-attribute':
      return wrap(`<p:X a="${'A'.repeat(8_000_000)}"/>`);
    case 'many-attributes':
      return wrap(`<p:X ${Array.from({ length: 50_000 }, (_, i) => `a${i}="1"`).join(' ')}/>`);
    case 'proto':
      return wrap(
        '<p:Win32_Service xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service">' +
          '<p:__proto__><p:polluted>yes</p:polluted></p:__proto__><p:constructor>x</p:constructor><p:toString>x</p:toString>' +
          '<p:hasOwnProperty>x</p:hasOwnProperty><p:Name>WinRM</p:Name></p:Win32_Service>',
      );
  }
}
