/**
 * WS-Man from the client's side: identify, get, put, create, delete, enumerate, invoke (DSP0226; MS-WSMV 3.1.4, 3.2.4).
 * What an operation is; how one request becomes one answer is in `call.ts`, the cursor of an enumeration in `enumerate.ts`.
 */
import { type Call, createCaller } from './call.ts';
import { type InputParameter, methodInput } from './cim-input.ts';
import { type EnumerateOptions, enumerate } from './enumerate.ts';
import { methodAction, type OptionSet, type ReceivedResponse } from './envelope.ts';
import { type EndpointReference, isEpr, readEpr, type Selectors } from './epr.ts';
import { ProtocolError, WSManFault } from './errors.ts';
import type { ExchangeListener, ExchangeRecording } from './exchange.ts';
import { type Identity, readIdentity } from './identify.ts';
import { defaultLimits, readLimits, stackSettings, type TargetLimits } from './limits.ts';
import { actions, className, resourceUris } from './namespaces.ts';
import type { Target } from './target.ts';
import { type ConnectionPool, type ConnectionSecurity, createConnectionPool } from './transport/connection-pool.ts';
import { isNil, makeElement, serializeXml, type XmlElement } from './xml.ts';

/** A shell of ours came to be, or is gone: for whoever keeps track of what could be left behind. */
export interface ShellEvent {
  readonly kind: 'opened' | 'closed';
  readonly shellId: string;
  readonly resourceUri: string;
}

export interface ClientOptions {
  /** Told of every exchange. What it throws is swallowed; without a listener nothing is prepared for it. */
  readonly onExchange?: ExchangeListener | undefined;
  /** Told of every shell that is opened and deleted over this client. A shell that could not be deleted is not told as closed. */
  readonly onShell?: ((event: ShellEvent) => void) | undefined;
  /** What the listener wants of them; absent: all but secrets. */
  readonly recording?: ExchangeRecording | undefined;
  /** Default 60,000. Sent as OperationTimeout; the answer is awaited longer by `networkDelayMs`. */
  readonly operationTimeoutMs?: number | undefined;
  /** Default 5,000. So much longer than the OperationTimeout an answer is awaited, so that the target's own timeout fault arrives. */
  readonly networkDelayMs?: number | undefined;
  /** Octets of the largest answer that the target may send. Default 512,000, and 153,600 once the target has said that it is older than stack 3.0. */
  readonly maxEnvelopeSize?: number | undefined;
  /** How requests are written. Default UTF-8. Answers are read in either, whatever was asked. */
  readonly encoding?: 'UTF-8' | 'UTF-16' | undefined;
  /** Language of messages, where the target has it. Default en-US. */
  readonly locale?: string | undefined;
  /** Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Default 2; lowered to 1 by itself once the target has identified itself as stack 1.1. */
  readonly maxConnections?: number | undefined;
}

/** What is addressed: a class, an instance of it, or another resource. */
export interface ResourceLocator {
  readonly resourceUri: string;
  readonly selectors?: Selectors | undefined;
}

export interface CallOptions {
  /** Ends the call with a CancelledError and closes the connection it is on. A changing call may have happened all the same. */
  readonly signal?: AbortSignal | undefined;
  /** OperationTimeout of this call, milliseconds. Identify has none: there it is how long the answer is awaited. */
  readonly timeoutMs?: number | undefined;
  readonly options?: OptionSet | undefined;
}

export interface InvokeResult {
  /** `METHOD_OUTPUT` (`METHOD` at OMI). */
  readonly output: XmlElement;
  /** ReturnValue where it is a number; most methods say 0 for success, and anything else is a failure with HTTP 200. */
  readonly returnValue: number | null;
  /** ReturnValue as text; null where there is none. */
  readonly returnText: string | null;
}

/**
 * Every method rejects with one of the classes in `errors.ts`, and nothing else but TypeError and RangeError for wrong arguments.
 * Only identify, get and enumerate are sent a second time by themselves, once, when their answer was lost with the connection.
 */
export interface WSManClient {
  identify(options?: { readonly anonymous?: boolean } & CallOptions): Promise<Identity>;
  /** The instance, or other representation. */
  get(resource: ResourceLocator, options?: CallOptions): Promise<XmlElement>;
  /** w:XmlFragment with the part that `path` names: `Name`, `Name/text()`, `IPAddress[1]` (DSP0226 7.7). */
  getFragment(
    resource: ResourceLocator,
    path: string,
    options?: CallOptions & { dialect?: string },
  ): Promise<XmlElement>;
  /** Batches as they come. Left early, by error or by signal, the enumeration is released at the target. */
  enumerate(resource: ResourceLocator, options?: CallOptions & EnumerateOptions): AsyncIterable<readonly XmlElement[]>;
  enumerateAll(resource: ResourceLocator, options?: CallOptions & EnumerateOptions): Promise<XmlElement[]>;
  /** `method`: a name, or a whole action URI. A ReturnValue other than 0 is no error here: read it. */
  invoke(
    resource: ResourceLocator,
    method: string,
    input?: readonly InputParameter[] | XmlElement | string,
    options?: CallOptions,
  ): Promise<InvokeResult>;
  /** The representation as it is afterwards, or null where the target answers without one. With `fragment` only that part is put. */
  put(
    resource: ResourceLocator,
    body: XmlElement | string,
    options?: CallOptions & { fragment?: string; dialect?: string },
  ): Promise<XmlElement | null>;
  create(resource: ResourceLocator, body: XmlElement | string, options?: CallOptions): Promise<EndpointReference>;
  delete(resource: ResourceLocator, options?: CallOptions): Promise<void>;
  /** From winrm/config where the target lets us read it, else the documented defaults of its stack; `source` says which. Asked once. */
  limits(options?: CallOptions): Promise<TargetLimits>;
  /** One request with any action: what other families of operations, such as shells, are built on. */
  call(call: Call): Promise<ReceivedResponse>;
  /**
   * One connection more than `maxConnections`, until the returned function is called: for a request that waits at the target for long
   * (Receive), so that the others need not queue behind it.
   */
  reserveConnection(): () => void;
  /** Said by what opens and deletes shells; goes to `onShell`. */
  noteShell(event: ShellEvent): void;
  /** How the connection is protected; null before the first exchange. */
  security(): ConnectionSecurity | null;
  /** Closes every connection; what is under way is rejected. */
  close(): void;
}

const defaultMaxConnections = 2;

/** A client for one target. Nothing is sent before the first operation. */
export function createClient(target: Target, options: ClientOptions = {}): WSManClient {
  const pool = createConnectionPool(target, {
    maxConnections: options.maxConnections ?? defaultMaxConnections,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
  });
  return createClientOver(pool, target, options);
}

/** As createClient, over connections made elsewhere: the network's edge, where tests stand in for a machine. */
export function createClientOver(pool: ConnectionPool, target: Target, options: ClientOptions = {}): WSManClient {
  const caller = createCaller(pool, target, options);
  let limits: TargetLimits | null = null;
  let maxConnections = options.maxConnections ?? defaultMaxConnections;
  let reserved = 0;

  const client: WSManClient = {
    async identify({ anonymous = target.authentication === 'none', ...o } = {}) {
      const identity = readIdentity((await caller.identify(anonymous, o)).body);
      const settings = stackSettings(identity.stack);
      caller.adapt(settings);
      if (settings.maxConnections !== null) {
        maxConnections = settings.maxConnections;
        pool.setMaxConnections(maxConnections + reserved);
      }
      return identity;
    },

    async get(resource, o = {}) {
      return required((await caller.call({ ...o, action: actions.get, resource, body: '' })).body, 'Get');
    },

    async getFragment(resource, path, o = {}) {
      const fragment = { path, dialect: o.dialect };
      return required((await caller.call({ ...o, action: actions.get, resource, body: '', fragment })).body, 'Get');
    },

    enumerate: (resource, o = {}) => enumerate(caller, resource, o),

    async enumerateAll(resource, o = {}) {
      const all: XmlElement[] = [];
      for await (const batch of enumerate(caller, resource, o)) {
        for (const item of batch) all.push(item);
        if (all.length > maxItems) throw new ProtocolError(`The enumeration did not end after ${maxItems} items.`);
      }
      return all;
    },

    async invoke(resource, method, input = [], o = {}) {
      const body = isParameterList(input) ? methodInput(resource.resourceUri, method, input) : asText(input);
      const action = methodAction(resource.resourceUri, method);
      const answer = await caller.call({ ...o, action, resource, body });
      const output = answer.body ?? makeElement(resource.resourceUri, `${className(action)}_OUTPUT`);
      return { output, ...readReturnValue(output) };
    },

    async put(resource, body, o = {}) {
      const { fragment: path, dialect, ...rest } = o;
      const text = path === undefined ? asText(body) : `<w:XmlFragment>${asText(body)}</w:XmlFragment>`;
      const fragment = path === undefined ? undefined : { path, dialect };
      return (await caller.call({ ...rest, action: actions.put, resource, body: text, fragment })).body;
    },

    async create(resource, body, o = {}) {
      const answer = await caller.call({ ...o, action: actions.create, resource, body: asText(body) });
      const created = required(answer.body, 'Create');
      const epr = isEpr(created) ? created : created.children.find(isEpr);
      if (epr === undefined) throw new ProtocolError('The answer to Create holds no EndpointReference.');
      return readEpr(epr);
    },

    async delete(resource, o = {}) {
      await caller.call({ ...o, action: actions.delete, resource, body: '' });
    },

    async limits(o = {}) {
      if (limits === null) {
        const { stack } = await client.identify(o);
        try {
          limits = readLimits(await client.get({ resourceUri: resourceUris.config }, o), stack);
        } catch (error) {
          // Only administrators may read winrm/config, and other makes have none: a fault is the answer no.
          if (!(error instanceof WSManFault)) throw error;
          limits = defaultLimits(stack);
        }
      }
      return limits;
    },

    call: (call) => caller.call(call),

    reserveConnection() {
      pool.setMaxConnections(maxConnections + ++reserved);
      let isReleased = false;
      return () => {
        if (isReleased) return;
        isReleased = true;
        pool.setMaxConnections(maxConnections + --reserved);
      };
    },

    noteShell: (event) => options.onShell?.(event),

    security: () => pool.security(),
    close: () => {
      caller.close();
      pool.close();
    },
  };
  return client;
}

/** A guard against targets that never end, not a limit of ours: no class has so many instances. */
const maxItems = 1_000_000;

function required(body: XmlElement | null, operation: string): XmlElement {
  if (body === null) throw new ProtocolError(`The answer to ${operation} is empty.`);
  return body;
}

function isParameterList(input: readonly InputParameter[] | XmlElement | string): input is readonly InputParameter[] {
  return Array.isArray(input);
}

function asText(body: XmlElement | string): string {
  // A document that was read from a file brings its declaration; inside a body there is no place for one.
  return typeof body === 'string' ? body.replace(/^\ufeff?\s*<\?xml[^>]*\?>/, '') : serializeXml(body);
}

function readReturnValue(output: XmlElement): { returnValue: number | null; returnText: string | null } {
  const element = output.children.find((c) => c.local.toLowerCase() === 'returnvalue');
  if (element === undefined || isNil(element)) return { returnValue: null, returnText: null };
  const returnText = element.text.trim();
  return { returnValue: /^-?[0-9]{1,15}$/.test(returnText) ? Number(returnText) : null, returnText };
}
