/**
 * Stands in for the network in unit tests: answers requests from a script, in order, and remembers what was asked. The real pool against
 * real sockets is tested in `transport/`, and the client over it in `client.lab.test.ts`.
 */
import { buildResponse, type ReceivedRequest, readRequest } from './envelope.ts';
import { ns } from './namespaces.ts';
import type { Target } from './target.ts';
import type { ConnectionPool, WireRequest, WireResponse } from './transport/connection-pool.ts';
import { parseXml } from './xml.ts';

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
  const text = buildResponse({
    action: `${asked.action}Response`,
    messageId: 'uuid:answer',
    relatesTo: asked.soap.messageId,
    body,
  });
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
