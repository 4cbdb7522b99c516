/**
 * For tests only: plays recorded exchanges of PSRP (fixtures/psrp) to our client over a real socket. Ids that our client makes up stand for
 * the recorded ones, and what each side's fragments say is gathered, so that the two can be compared message by message.
 */
import { createClient, type WSManClient } from '../client.ts';
import { type ReceivedRequest, readRequest } from '../envelope.ts';
import { loadFixture } from '../fixtures/load.ts';
import { clearTarget, closing, SOAP } from '../transport/loopback-client.ts';
import { reply, type SeenRequest, startServer } from '../transport/loopback-server.ts';
import { attribute, parseXml, type XmlElement } from '../xml.ts';
import { deserializeClixml, serializeClixml } from './clixml.ts';
import type { PsValue } from './clixml-types.ts';
import { createReassembler, type Reassembler, splitMessage } from './fragment.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { encryptedSessionKeyValue, readPublicKeyMessage } from './messages.ts';
import { type PsStatement, readCreatePipeline } from './pipeline-messages.ts';
import { readPublicKey, writeSessionKey } from './session-key.ts';

interface Recorded {
  readonly request: string;
  readonly status: number;
  readonly response: string;
}

interface Turn extends Recorded {
  readonly asked: ReceivedRequest;
}

/** What one message says, without the ids in its header. */
export interface Said {
  readonly to: string;
  readonly type: string;
  readonly value: PsValue;
}

export interface Player {
  readonly client: WSManClient;
  /** Requests that mean something else than the recorded ones, or that nothing was recorded for. */
  readonly differences: unknown[];
  /** Messages of the recording client, and of ours. */
  readonly said: { readonly recorded: Said[]; readonly ours: Said[] };
  /** GUIDs in the headers of our messages that are not those of their pool or pipeline. */
  readonly wrongIds: string[];
  /** Recorded turns that were not asked for. */
  left(): number;
  /** Signals terminate that were sent beyond the recording. */
  terminated(): number;
  /** The key that our client was given, once it has asked for one. */
  readonly sessionKey: Uint8Array;
}

/** What the recording client ran, pipeline by pipeline: its statements and its input. */
export function recordedPipelines(
  name: string,
): { statements: readonly PsStatement[]; input: PsValue[] | undefined }[] {
  const said: Said[] = [];
  const hear = listener(said, () => {});
  for (const { request } of JSON.parse(loadFixture(`psrp/${name}.json`)) as Recorded[]) {
    const asked = readRequest(parseXml(request));
    const command = commandOf(asked);
    if (command !== null && isPowerShell(asked)) hear(command, carried(asked));
  }
  return said
    .filter(({ type }) => type === 'CREATE_PIPELINE')
    .map(({ to, value }) => {
      const { statements, noInput } = readCreatePipeline(value);
      const input = said.filter((one) => one.to === to && one.type === 'PIPELINE_INPUT').map((one) => one.value);
      return { statements, input: noInput ? undefined : input };
    });
}

/** Of a shell of PowerShell, not of cmd. */
export const isPowerShell = (asked: ReceivedRequest): boolean =>
  /^http:\/\/schemas\.microsoft\.com\/powershell\//.test(asked.resourceUri ?? '');

const last = (action: string | null): string => (action ?? '').slice((action ?? '').lastIndexOf('/') + 1);
const shellOf = (asked: ReceivedRequest): string | null => {
  const selected = asked.selectors.find(([name]) => name.toLowerCase() === 'shellid')?.[1];
  const created = asked.body?.local === 'Shell' ? attribute(asked.body, 'ShellId') : null;
  return typeof selected === 'string' ? selected : created;
};
const everyElement = (element: XmlElement | null): XmlElement[] =>
  element === null ? [] : [element, ...element.children.flatMap(everyElement)];
const commandOf = (asked: ReceivedRequest): string | null => {
  for (const element of everyElement(asked.body)) {
    const id = attribute(element, 'CommandId');
    if (id !== null) return id;
  }
  return null;
};
const carriers = new Set(['creationXml', 'connectXml', 'Arguments', 'Stream']);
const carried = (asked: ReceivedRequest): Uint8Array[] =>
  everyElement(asked.body)
    .filter(({ local, text }) => carriers.has(local) && text !== '')
    .map(({ text }) => Buffer.from(text, 'base64'));

/** Our ids by the recorded ones. */
type Ids = Map<string, string>;

/** An element as nested values, with our ids in place of the recorded ones, and without what fragments carry. */
function meaningOf(element: XmlElement | null, ids: Ids): unknown {
  if (element === null) return null;
  const named = (text: string): string => ids.get(text.toUpperCase()) ?? text;
  const attributes = element.attributes.map(({ local, value }) => `${local}=${named(value)}`).sort();
  const children = element.children.map((child) => meaningOf(child, ids));
  if (element.local === 'Shell') children.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const text = carriers.has(element.local) ? '' : durations(named(element.text.trim()));
  return { name: `{${element.namespace}}${element.local}`, attributes, text, children };
}
/** PT60S and PT60.000S are the same. */
const durations = (text: string): string => text.replace(/^(PT\d+)\.000S$/, '$1S');

/**
 * What a request asks for. What differs from the recording client on purpose is left out: how long we wait for closing, how many items an
 * enumeration may bring at once, and how large an answer may be, which the recording client changes as it goes and ours does not.
 */
function requestMeaning(asked: ReceivedRequest, ids: Ids): unknown {
  const closes = /^(?:Signal|Delete)$/.test(last(asked.action));
  const withoutCount = (element: XmlElement | null): XmlElement | null =>
    element?.local === 'Enumerate'
      ? { ...element, children: element.children.filter(({ local }) => local !== 'MaxElements') }
      : element;
  return {
    action: asked.action,
    resourceUri: asked.resourceUri,
    replyTo: asked.replyTo,
    locale: asked.locale,
    operationTimeoutMs: closes ? null : asked.operationTimeoutMs,
    selectors: asked.selectors.map(([name, value]) => [name, ids.get(String(value).toUpperCase()) ?? value]),
    options: asked.options.map(({ name, value, mustComply }) => [name, value?.toLowerCase(), mustComply]).sort(),
    body: meaningOf(withoutCount(asked.body), ids),
  };
}

/** Gathers what fragments say, by pool and pipeline. */
function listener(into: Said[], check: (runspacePoolId: string, pipelineId: string | null, to: string) => void) {
  const reassemblers = new Map<string, Reassembler>();
  return (to: string, packets: readonly Uint8Array[]): void => {
    const found = reassemblers.get(to) ?? createReassembler();
    reassemblers.set(to, found);
    for (const packet of packets) {
      for (const bytes of found.accept(packet)) {
        const { type, data, runspacePoolId, pipelineId } = decodeMessage(bytes);
        check(runspacePoolId, pipelineId, to);
        into.push({ to, type, value: data === '' ? null : deserializeClixml(data) });
      }
    }
  };
}

/**
 * `keep` picks the turns that are played. Beyond the recording our client may do three things, which are answered without comparing: it
 * terminates each pipeline that has ended, it keeps a Receive of the pool outstanding, and it identifies the target before it reads its
 * limits. Receives wait for their turn: our client receives from a pipeline while it still sends input.
 */
export async function play(name: string, keep: (asked: ReceivedRequest) => boolean = () => true): Promise<Player> {
  const turns: Turn[] = (JSON.parse(loadFixture(`psrp/${name}.json`)) as Recorded[])
    .map((recorded) => ({ ...recorded, asked: readRequest(parseXml(recorded.request)) }))
    .filter(({ asked }) => keep(asked));
  const ids: Ids = new Map();
  const differences: unknown[] = [];
  const wrongIds: string[] = [];
  const said = { recorded: [] as Said[], ours: [] as Said[] };
  const sessionKey = Buffer.alloc(32, 7);
  // The recording client of that time wrote GUIDs in the other order; ours are checked.
  const hearRecorded = listener(said.recorded, () => {});
  const hearOurs = listener(said.ours, (pool, pipeline, to) => {
    const [poolId, pipelineId = null] = to.split(' ');
    if (pool !== poolId || pipeline !== pipelineId) wrongIds.push(`${pool} ${pipeline} for ${to}`);
  });
  /** Receives that the recording has no turn for yet, by our ShellId. */
  const held = new Map<string, (SeenRequest & { asked: ReceivedRequest })[]>();
  let terminated = 0;

  const answer = (seen: SeenRequest, asked: ReceivedRequest, status: number, text: string): void => {
    let body = text.replace(/(<a:RelatesTo>)[^<]*/, (_, tag: string) => `${tag}${asked.messageId}`);
    for (const [recorded, ours] of ids) body = body.replaceAll(recorded, ours);
    seen.socket.write(reply(status === 200 ? '200 OK' : `${status} Error`, [`Content-Type: ${SOAP}`], body));
  };
  const envelope = (action: string, body: string): string =>
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header><a:Action>${action}</a:Action><a:RelatesTo/></s:Header><s:Body>${body}</s:Body></s:Envelope>`;

  /** ENCRYPTED_SESSION_KEY for the key that our client has made up. */
  function withOurKey(text: string): string {
    const asked = said.ours.find(({ type }) => type === 'PUBLIC_KEY');
    if (asked === undefined) return text;
    return text.replace(/(<rsp:Stream [^>]*>)([^<]*)/g, (whole, tag: string, base64: string) => {
      const [bytes] = createReassembler().accept(Buffer.from(base64, 'base64'));
      const message = decodeMessage(bytes!);
      if (message.type !== 'ENCRYPTED_SESSION_KEY') return whole;
      const key = writeSessionKey(sessionKey, readPublicKey(readPublicKeyMessage(asked.value)));
      const data = serializeClixml(encryptedSessionKeyValue(key));
      const [fragment] = splitMessage(4n, encodeMessage({ ...message, data }), 10_000);
      return tag + Buffer.from(fragment!).toString('base64');
    });
  }

  function take(seen: SeenRequest, asked: ReceivedRequest): boolean {
    const turn = turns[0];
    if (turn === undefined || last(turn.asked.action) !== last(asked.action)) return false;
    const [shell, command] = [shellOf(asked), commandOf(asked)];
    const [recordedShell, recordedCommand] = [shellOf(turn.asked), commandOf(turn.asked)];
    if (shell !== null && recordedShell !== null) {
      const known = ids.get(recordedShell.toUpperCase());
      if (known !== undefined && known !== shell) return false;
      ids.set(recordedShell.toUpperCase(), shell);
    }
    if ((command === null) !== (recordedCommand === null)) return false;
    if (command !== null) ids.set(recordedCommand!.toUpperCase(), command);
    turns.shift();
    const [expected, actual] = [requestMeaning(turn.asked, ids), requestMeaning(asked, ids)];
    if (JSON.stringify(expected) !== JSON.stringify(actual)) differences.push({ expected, actual });
    const session = asked.headers.find(({ local }) => local === 'SessionId');
    if (shell !== null && session === undefined && last(asked.action) !== 'Get') differences.push('no SessionId');
    const to = command === null ? `${shell}` : `${shell} ${command}`;
    hearRecorded(to, carried(turn.asked));
    hearOurs(to, carried(asked));
    answer(seen, asked, turn.status, withOurKey(turn.response));
    return true;
  }

  function serveHeld(): void {
    for (const [shell, waiting] of held) {
      for (const next of waiting) {
        if (!take(next, next.asked)) continue;
        held.set(
          shell,
          waiting.filter((other) => other !== next),
        );
        serveHeld();
        return;
      }
    }
  }

  const server = await startServer((seen) => {
    const text = seen.body.toString('utf8');
    if (/<wsmid:Identify\b/.test(text)) {
      const vendor = 'Microsoft Corporation';
      const version = 'OS: 10.0.14393 SP: 0.0 Stack: 3.0';
      seen.socket.write(
        reply(
          '200 OK',
          [`Content-Type: ${SOAP}`],
          `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><i:IdentifyResponse xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><i:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</i:ProtocolVersion><i:ProductVendor>${vendor}</i:ProductVendor><i:ProductVersion>${version}</i:ProductVersion></i:IdentifyResponse></s:Body></s:Envelope>`,
        ),
      );
      return;
    }
    const asked = readRequest(parseXml(text));
    const shell = shellOf(asked) ?? '';
    const verb = last(asked.action);
    if (take(seen, asked)) {
      // Behind Delete and Disconnect nothing more comes from a pool.
      if (verb === 'Delete' || verb === 'Disconnect') {
        for (const waiting of held.get(shell) ?? []) waiting.socket.destroy();
        held.delete(shell);
      }
      serveHeld();
    } else if (verb === 'Receive') {
      held.set(shell, [...(held.get(shell) ?? []), { ...seen, asked }]);
    } else if (verb === 'Signal' && /signal\/terminate/.test(text)) {
      terminated++;
      answer(seen, asked, 200, envelope('SignalResponse', ''));
    } else {
      differences.push({ unexpected: text });
      seen.socket.destroy();
    }
  });
  closing.push(server.close);
  const client = createClient(clearTarget(server.port), { maxEnvelopeSize: 153_600, operationTimeoutMs: 20_000 });
  closing.push(() => client.close());
  return { client, differences, said, wrongIds, left: () => turns.length, terminated: () => terminated, sessionKey };
}
