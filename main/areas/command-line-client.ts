/**
 * Clients for lines. Whom a line signs in as decides what it gets: the session of a machine (winrm with saved settings), a connection of its
 * own with the saved set (winrs), or one with what the line says. A password goes out by the rules against lock-outs in every case.
 */
import { planOf } from '../sessions/session-pool.ts';
import type { Target, WSManClient, XmlElement } from '../wsman/index.ts';
import type { KnownMachine } from './command-line-destination.ts';
import { type AreaContext, sessionOf } from './context.ts';
import { openTrial, signInOnly } from './trial.ts';

interface Opened {
  readonly client: WSManClient;
  /** The line is done with it; `error` is what the last call failed with. */
  readonly release: (error: unknown) => void;
}

export interface ClientWatch {
  /** OperationTimeout of every call that has none of its own. */
  readonly timeoutMs: number | undefined;
  /** How the requests of a connection of its own are written. */
  readonly encoding: 'UTF-8' | 'UTF-16';
  /** What the target answered with: an instance, an output. */
  readonly onElement: (element: XmlElement) => void;
  readonly onError: (error: unknown) => void;
}

/** The machine's session, for as long as the line lasts; what fails tells the session how the machine is. */
export function sessionClient(context: AreaContext, id: string, signal: AbortSignal, watch: ClientWatch): WSManClient {
  return lazyClient(async () => {
    const opened = Promise.withResolvers<Opened>();
    let isLeased = false;
    const work = async (client: WSManClient): Promise<void> => {
      // Never a second time: what was printed stays printed.
      if (isLeased) return;
      isLeased = true;
      const over = Promise.withResolvers<void>();
      const release = (error: unknown): void => (error === null ? over.resolve() : over.reject(error));
      opened.resolve({ client, release });
      await over.promise;
    };
    sessionOf(context, id)
      .run(work, { signal, urgent: true })
      .catch((error: unknown) => opened.reject(error));
    return opened.promise;
  }, watch);
}

/**
 * A connection of its own with the saved set: a shell that lasts for hours is no concern of the session, and requests in UTF-16 are not for
 * its other calls.
 */
export function ownClient(
  context: AreaContext,
  { settings }: KnownMachine,
  delegate: boolean,
  signal: AbortSignal,
  watch: ClientWatch,
): WSManClient {
  return lazyClient(async () => {
    const { encoding } = watch;
    const trial = openTrial(context, { ...settings, delegate: settings.delegate || delegate }, null, { encoding });
    try {
      await trial.signIn({ askedAt: null, signal }, () => signInOnly(trial.client, signal));
    } catch (error) {
      trial.close();
      throw error;
    }
    return { client: trial.client, release: () => trial.close() };
  }, watch);
}

/**
 * As the line says. `askedAt`: when it was typed; a refusal since then, on another machine of the same line, is not asked for again.
 */
export function typedClient(
  context: AreaContext,
  target: Target,
  askedAt: number,
  signal: AbortSignal,
  watch: ClientWatch,
): WSManClient {
  return lazyClient(async () => {
    const client = context.createClient(target, { encoding: watch.encoding });
    const { userName } = target;
    try {
      if (userName !== null && target.authentication !== 'none') {
        const plan = planOf(null, { target, credential: { id: null, kind: 'password', userName } });
        const secret = await target.password();
        await context.sessions.trySignIn(plan, secret, { askedAt, signal }, () => signInOnly(client, signal));
      }
    } catch (error) {
      client.close();
      throw error;
    }
    return { client, release: () => client.close() };
  }, watch);
}

/** Opened at the first call, once. */
function lazyClient(open: () => Promise<Opened>, { timeoutMs, onElement, onError }: ClientWatch): WSManClient {
  let opening: Promise<Opened> | null = null;
  let opened: Opened | null = null;
  let failure: unknown = null;
  let isClosed = false;

  async function get(): Promise<WSManClient> {
    opening ??= open().then((done) => {
      opened = done;
      if (isClosed) done.release(null);
      return done;
    });
    return (await opening).client;
  }
  const note = (error: unknown): unknown => {
    failure = error;
    onError(error);
    return error;
  };
  async function use<T>(work: (client: WSManClient) => Promise<T>): Promise<T> {
    try {
      const result = await work(await get());
      failure = null;
      return result;
    } catch (error) {
      throw note(error);
    }
  }
  async function seen(work: (client: WSManClient) => Promise<XmlElement>): Promise<XmlElement> {
    const element = await use(work);
    onElement(element);
    return element;
  }
  const timed = <O extends { readonly timeoutMs?: number | undefined }>(options: O | undefined): O =>
    ({ ...(timeoutMs === undefined ? {} : { timeoutMs }), ...options }) as O;

  return {
    async identify(options) {
      const identity = await use((client) => client.identify(timed(options)));
      onElement(identity.element);
      return identity;
    },
    get: (resource, options) => seen((client) => client.get(resource, timed(options))),
    getFragment: (resource, path, options) => seen((client) => client.getFragment(resource, path, timed(options))),
    async *enumerate(resource, options) {
      try {
        for await (const batch of (await get()).enumerate(resource, timed(options))) {
          for (const element of batch) onElement(element);
          yield batch;
        }
      } catch (error) {
        throw note(error);
      }
    },
    enumerateAll: (resource, options) =>
      use(async (client) => {
        const all = await client.enumerateAll(resource, timed(options));
        for (const element of all) onElement(element);
        return all;
      }),
    async invoke(resource, method, input, options) {
      const result = await use((client) => client.invoke(resource, method, input, timed(options)));
      onElement(result.output);
      return result;
    },
    async put(resource, body, options) {
      const element = await use((client) => client.put(resource, body, timed(options)));
      if (element !== null) onElement(element);
      return element;
    },
    create: (resource, body, options) => use((client) => client.create(resource, body, timed(options))),
    delete: (resource, options) => use((client) => client.delete(resource, timed(options))),
    limits: (options) => use((client) => client.limits(timed(options))),
    call: (call) => use((client) => client.call(timed(call))),
    reserveConnection: () => opened?.client.reserveConnection() ?? (() => {}),
    noteShell: (event) => opened?.client.noteShell(event),
    security: () => opened?.client.security() ?? null,
    close() {
      if (isClosed) return;
      isClosed = true;
      opened?.release(failure);
    },
  };
}
