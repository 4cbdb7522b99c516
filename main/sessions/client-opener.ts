import {
  type AuthenticationError,
  type CancelledError,
  type Identity,
  type Target,
  TransportError,
  type WSManClient,
  WSManFault,
} from '../wsman/index.ts';
import { identifyAnonymously } from './anonymous-identify.ts';
import type { Login } from './credentials.ts';
import type { SessionPlan, SessionWorld } from './session.ts';

/** ERROR_ACCESS_DENIED. */
export const accessDenied = 5;
const signInLimitMs = 10_000;

export interface OpenedClient {
  readonly client: WSManClient;
  /** Null where the machine does not say who it is. */
  readonly identity: Identity | null;
  /** What could not be read although the machine is online, or null. */
  readonly missing: unknown;
}

/** How a session gets in, and what it has learned about that. */
export interface ClientOpener {
  /**
   * Opens a client, signs in, reads the first facts. The secret is asked for only after the machine has answered without it. `askedAt`: when the
   * user asked for it; null: not where it was refused.
   */
  open(plan: SessionPlan, askedAt: number | null, signal: AbortSignal): Promise<OpenedClient>;
  /** A sign-in that a client had to do anew was refused. */
  rejected(error: AuthenticationError): void;
  /** With other settings it may be another machine. */
  forget(): void;
}

/** `lifetime` ends with the session: clients that were opened may sign in anew until then. */
export function createClientOpener(
  id: string,
  world: Pick<SessionWorld, 'createClient' | 'password' | 'certificate' | 'guard' | 'greeting' | 'greet'>,
  lifetime: AbortSignal,
): ClientOpener {
  /** It never answers anonymously, and yet takes sign-ins: it is not asked that way again. */
  let isMute = false;
  /** What was sent last. */
  let login: Login | null = null;

  /**
   * What a client asks for its secret while `signIn` is its turn, and afterwards, when it opens further connections: then a password that no
   * machine has accepted lately is tried once alone before. It may have been changed, and a fleet that reconnects would send it all at once.
   */
  function secretsOf(
    { target, account, certificateOf }: SessionPlan,
    turn: { login: Login | null },
  ): Pick<Target, 'password' | 'clientCertificate'> {
    return {
      async password() {
        const secret = account && (await world.password(account));
        if (account === null || secret === null) return null;
        const asked = world.guard.login(account, secret);
        if (turn.login === null) await world.guard.prove(asked, lifetime, () => prove(target, secret));
        if (turn.login !== null && turn.login.bucket !== asked.bucket) throw replacedError(null);
        world.guard.check(asked);
        login = asked;
        return secret;
      },
      ...(certificateOf !== null && { clientCertificate: () => world.certificate(certificateOf) }),
    };
  }

  /** Signs in and no more. */
  async function prove(target: SessionPlan['target'], secret: string): Promise<void> {
    const once = world.createClient({ ...target, password: async () => secret }, id);
    try {
      await identifySignedIn(once, lifetime);
    } finally {
      once.close();
    }
  }

  return {
    async open(plan, askedAt, signal) {
      const turn: { login: Login | null } = { login: null };
      const client = world.createClient({ ...plan.target, ...secretsOf(plan, turn) }, id);
      try {
        // The client also learns from Identify that stack 1.1 bears one connection only.
        const anonymous = isMute ? null : await identifyAnonymously(client, signal);
        let identity = anonymous?.kind === 'identified' ? anonymous.identity : null;
        if (plan.obstacle !== null) throw plan.obstacle;
        const signIn = async () => {
          identity = await identifySignedIn(client, signal);
          isMute ||= anonymous?.kind === 'silent';
        };
        const { account } = plan;
        const secret = account && (await world.password(account));
        if (account !== null && secret !== null) {
          // Others may wait for the verdict on this password, so only Identify is asked: a machine whose WMI hangs must not hold them up.
          turn.login = world.guard.login(account, secret);
          await world.guard.signIn(turn.login, { askedAt, signal }, signIn);
          turn.login = null;
        }
        const missing = await world.greeting.run(signal, async () => {
          if (identity === null) await signIn();
          return world.greet(id, client, identity, signal);
        });
        return { client, identity, missing };
      } catch (error) {
        client.close();
        throw error;
      }
    },
    rejected(error) {
      if (login !== null) world.guard.rejected(login, error);
    },
    forget() {
      isMute = false;
      login = null;
    },
  };
}

/** Who is there, told to whoever has signed in. Null where even then it does not say. */
async function identifySignedIn(client: WSManClient, signal: AbortSignal): Promise<Identity | null> {
  try {
    return await client.identify({ signal, timeoutMs: signInLimitMs });
  } catch (error) {
    if (error instanceof WSManFault && error.fields.wsmanCode !== accessDenied) return null;
    throw error;
  }
}

/** Settings or secret became others while this was under way. */
export function replacedError(cause: CancelledError | null): TransportError {
  return new TransportError('The connection was replaced meanwhile.', { reason: 'connection-lost', cause });
}
