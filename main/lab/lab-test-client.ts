import { randomInt } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { channelBindingOf } from '../wsman/auth/channel-binding.ts';
import { createNegotiateInitiator, type NegotiateForm } from '../wsman/auth/negotiate.ts';
import type { OwnContext } from '../wsman/auth/security-context.ts';
import { parseUserName } from '../wsman/auth/user-name.ts';
import {
  SEALED_CONTENT_TYPE,
  SOAP_CONTENT_TYPE,
  unwrapMessage,
  wrapMessage,
} from '../wsman/transport/message-encryption.ts';
import { parseXml, type XmlElement } from '../wsman/xml.ts';
import type { LabMachine } from './start-lab.ts';

/** HTTP by hand for tests of the lab: one keep-alive socket, every header and body as the test wants it. */

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly challenges: readonly string[];
  readonly body: Buffer;
}
export interface SoapAnswer {
  readonly status: number;
  readonly text: string;
  readonly root: XmlElement;
  readonly sealed: boolean;
}
export interface RawClient {
  /** One request as it is; the certificate of the lab is not checked here. */
  request(options: {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string | Uint8Array;
  }): Promise<RawAnswer>;
  close(): void;
}

/**
 * Where a listener may move to: labs begin below 26,000, and from 32,768 on the system gives ports to connections, where another test's may
 * stand in the way. The two behind it are free as well.
 */
export const portOfNobody = (): number => randomInt(28_000, 32_000);

const answerLimitMs = 15_000;

export function createRawClient(
  machine: LabMachine,
  host = '127.0.0.1',
  clientCertificate: Pick<https.AgentOptions, 'cert' | 'key' | 'pfx' | 'passphrase' | 'maxVersion'> = {},
): RawClient {
  const secure = machine.transport === 'https';
  const agent = secure
    ? new https.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false, ...clientCertificate })
    : new http.Agent({ keepAlive: true, maxSockets: 1 });
  return {
    request: ({ method = 'POST', path = '/wsman', headers = {}, body = '' }) =>
      new Promise((resolve, reject) => {
        const bytes = Buffer.from(body);
        const request = (secure ? https : http).request(
          { host, port: machine.port, method, path, agent, headers: { 'Content-Length': bytes.length, ...headers } },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', reject);
            response.on('aborted', () => reject(new Error('The answer was cut short.')));
            response.on('end', () =>
              resolve({
                status: response.statusCode!,
                headers: response.headers,
                challenges: response.rawHeaders.flatMap((value, index) =>
                  index % 2 === 1 && response.rawHeaders[index - 1]!.toLowerCase() === 'www-authenticate'
                    ? [value]
                    : [],
                ),
                body: Buffer.concat(chunks),
              }),
            );
          },
        );
        request.setTimeout(answerLimitMs, () => request.destroy(new Error('There was no answer in time.')));
        request.on('error', reject);
        request.end(bytes);
      }),
    close: () => agent.destroy(),
  };
}

export interface SoapClient {
  /** Sends one message and reads the answer, whatever its status. */
  send(message: string): Promise<SoapAnswer>;
  readonly raw: RawClient;
  readonly context: OwnContext | null;
  close(): void;
}

function read(answer: RawAnswer, context: OwnContext | null): SoapAnswer {
  const sealed = (answer.headers['content-type'] ?? '').startsWith('multipart/encrypted');
  const text = Buffer.from(sealed ? unwrapMessage(context!, answer.body).soap : answer.body).toString('utf8');
  if (text === '') throw new Error(`The answer is empty, with status ${answer.status}.`);
  return { status: answer.status, text, root: parseXml(text), sealed };
}

export function createBasicClient(
  machine: LabMachine,
  account: { user: string; password: string } = machine,
  host?: string,
): SoapClient {
  const raw = createRawClient(machine, host);
  return createHeaderClient(raw, `Basic ${Buffer.from(`${account.user}:${account.password}`).toString('base64')}`);
}

/** Each message with this Authorization header, or with what makes one of it. */
export function createHeaderClient(raw: RawClient, authorization: string | (() => string)): SoapClient {
  return {
    raw,
    context: null,
    send: async (message) => {
      const value = typeof authorization === 'string' ? authorization : authorization();
      return read(
        await raw.request({ headers: { Authorization: value, 'Content-Type': SOAP_CONTENT_TYPE }, body: message }),
        null,
      );
    },
    close: raw.close,
  };
}

/**
 * Authenticates with NTLM, raw or in SPNEGO, by empty POSTs or with the first body on the last leg. Over TLS messages go in plain form.
 * Throws where the lab refuses.
 */
export async function createNtlmClient(
  machine: LabMachine,
  options: {
    form?: NegotiateForm;
    password?: string;
    user?: string;
    host?: string;
    channelBinding?: Uint8Array | null;
    firstMessage?: string;
  } = {},
): Promise<SoapClient & { readonly firstAnswer: SoapAnswer | null }> {
  const raw = createRawClient(machine, options.host);
  const secure = machine.transport === 'https';
  const own = secure ? channelBindingOf(pemToDer(machine.certificatePem!)) : null;
  const binding = options.channelBinding === undefined ? own : options.channelBinding;
  const context = createNegotiateInitiator(options.form ?? 'raw', {
    role: 'initiator',
    userName: parseUserName(options.user ?? machine.user),
    password: async () => options.password ?? machine.password,
    spn: `HTTP/${options.host ?? '127.0.0.1'}`,
    channelBinding: binding,
  });
  const seal = (message: string): { body: Uint8Array; type: string } =>
    secure
      ? { body: Buffer.from(message), type: SOAP_CONTENT_TYPE }
      : { body: wrapMessage(context, Buffer.from(message)), type: SEALED_CONTENT_TYPE };

  let firstAnswer: SoapAnswer | null = null;
  try {
    let token = await context.step(null);
    for (let leg = 1; token !== null; leg++) {
      if (leg > 4) throw new Error('The exchange does not end.');
      // NTLM's initiator is complete before its last token is sent; SPNEGO's is after the answer to it.
      const rides = options.firstMessage !== undefined && leg === 2;
      const { body, type } = rides ? seal(options.firstMessage!) : { body: '', type: SOAP_CONTENT_TYPE };
      const answer = await raw.request({
        headers: { Authorization: `Negotiate ${Buffer.from(token).toString('base64')}`, 'Content-Type': type },
        body,
      });
      const reply = answer.challenges
        .find((challenge) => challenge.startsWith('Negotiate '))
        ?.slice('Negotiate '.length);
      if (answer.status === 401 && !reply) throw new Error('401: the lab refused the credentials.');
      token = reply && !context.complete ? await context.step(Buffer.from(reply, 'base64')) : null;
      if (rides) firstAnswer = read(answer, context);
    }
    if (!context.complete) throw new Error('The exchange ended too early.');
  } catch (error) {
    raw.close();
    throw error;
  }
  return {
    raw,
    context,
    firstAnswer,
    send: async (message) => {
      const { body, type } = seal(message);
      return read(await raw.request({ headers: { 'Content-Type': type }, body }), context);
    },
    close: raw.close,
  };
}

export function pemToDer(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
}

/** WSManFault code of an answer, or null. */
export function faultCode(answer: SoapAnswer): number | null {
  const code = /<f:WSManFault\b[^>]*\bCode="(\d+)"/.exec(answer.text)?.[1];
  return code === undefined ? null : Number(code);
}

/** Text of the first element with that local name; null where there is none or it is nil. */
export function textIn(answer: SoapAnswer, local: string): string | null {
  const match = new RegExp(`<(?:[\\w.-]+:)?${local}(?:\\s[^>]*)?(?:/>|>([^<]*)</)`).exec(answer.text);
  return match?.[1] ?? null;
}
export function countIn(answer: SoapAnswer, tag: string): number {
  return answer.text.split(`<${tag}`).length - 1;
}
