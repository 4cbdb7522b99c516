/**
 * Stands in for the network in unit tests: answers requests from a script, in order, and remembers what was asked. The real pool against
 * real sockets is tested in `transport/`, and the client over it in `client.lab.test.ts`.
 */
import { type ReceivedRequest, readRequest } from './envelope.ts';
import { anonymousAddress, ns } from './namespaces.ts';
import type { Target } from './target.ts';
import type { ConnectionPool, WireRequest, WireResponse } from './transport/connection-pool.ts';
import { escapeXml, parseXml } from './xml.ts';

export interface Asked extends WireRequest {
  readonly soap: ReceivedRequest;
}
/** One answer: an XML body (wrapped and related), a whole response, or an error. A function sees the request first. */
export type Answer = string | Partial<WireResponse> | Error | ((asked: Asked) => Answer | Promise<Answer>);

export interface FakePool extends ConnectionPool {
  readonly asked: Asked[];
  maxConnections: number | null;
  closed: boolean;
}

export const target: Target = {
  host: 'srv01',
  port: 5985,
  transport: 'http',
  path: '/wsman',
  authentication: 'negotiate',
  userName: 'LAB\\admin',
  password: async () => 'unused',
  trusted: true,
  allowClearText: false,
  tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
};

const blank: WireResponse = {
  status: 200,
  contentType: 'application/soap+xml;charset=UTF-8',
  body: new Uint8Array(),
  sealed: true,
  trustworthy: true,
  mechanism: 'NTLM',
  timings: { queue: 1, connect: 2, authenticate: 3, server: 4 },
  roundTrips: 1,
  bytesSent: 100,
  bytesReceived: 200,
};

/** The answer to `asked` with that body, as a target of good manners sends it. */
export function reply(asked: Asked, body: string): WireResponse {
  const text = answerEnvelope(`${asked.action}Response`, asked.soap.messageId, body);
  return { ...blank, body: Buffer.from(text) };
}

/** A response with this text as its whole body. */
export const raw = (text: string, status = 200, contentType = blank.contentType): WireResponse => ({
  ...blank,
  status,
  contentType,
  body: Buffer.from(text),
});

export const soap = (body: string): string => `<s:Envelope xmlns:s="${ns.soap}"><s:Body>${body}</s:Body></s:Envelope>`;

export function fakePool(...answers: Answer[]): FakePool {
  const asked: Asked[] = [];
  return {
    asked,
    maxConnections: null,
    closed: false,
    async exchange(request) {
      const one: Asked = { ...request, soap: readRequest(parseXml(request.body)) };
      asked.push(one);
      let answer = answers.shift();
      if (answer === undefined) throw new Error(`the script has no answer to ${request.action}`);
      request.progress.bodySent = true;
      while (typeof answer === 'function') answer = await answer(one);
      if (answer instanceof Error) throw answer;
      return typeof answer === 'string' ? reply(one, answer) : { ...blank, ...answer };
    },
    security: () => null,
    setMaxConnections(count) {
      this.maxConnections = count;
    },
    close() {
      this.closed = true;
    },
  };
}

/** An answer as Windows shapes it: Action, MessageID, To, RelatesTo. */
export function answerEnvelope(action: string, relatesTo: string | null, body: string): string {
  const related = relatesTo === null ? '' : `<a:RelatesTo>${escapeXml(relatesTo)}</a:RelatesTo>`;
  return (
    `<s:Envelope xml:lang="en-US" xmlns:s="${ns.soap}" xmlns:a="${ns.addressing}" xmlns:w="${ns.wsman}"><s:Header>` +
    `<a:Action>${escapeXml(action)}</a:Action><a:MessageID>uuid:answer</a:MessageID><a:To>${anonymousAddress}</a:To>${related}` +
    `</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  );
}

/** A fault of Windows with a number. */
export function faultAnswer(asked: Asked, subcode: string, wsmanCode: number): WireResponse {
  const body =
    `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:${subcode}</s:Value></s:Subcode></s:Code>` +
    `<s:Reason><s:Text xml:lang="en-US">No. </s:Text></s:Reason><s:Detail><f:WSManFault xmlns:f="${ns.fault}" Code="${wsmanCode}" Machine="SRV01">` +
    '<f:Message>No. </f:Message></f:WSManFault></s:Detail></s:Fault>';
  return raw(answerEnvelope('http://schemas.dmtf.org/wbem/wsman/1/wsman/fault', asked.soap.messageId, body), 500);
}

export function identifyAnswer(productVersion: string, profiles: readonly string[] = []): WireResponse {
  const names = profiles.map((p) => `<i:SecurityProfileName>${p}</i:SecurityProfileName>`).join('');
  return raw(
    soap(
      `<i:IdentifyResponse xmlns:i="${ns.identity}"><i:ProtocolVersion>${ns.wsman}</i:ProtocolVersion>` +
        `<i:ProductVendor>Microsoft Corporation</i:ProductVendor><i:ProductVersion>${productVersion}</i:ProductVersion>` +
        `<i:SecurityProfiles>${names}</i:SecurityProfiles></i:IdentifyResponse>`,
    ),
  );
}
