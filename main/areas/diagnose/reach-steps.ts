/** Name and port: what shows before a byte is sent. */
import { isIP } from 'node:net';
import { TransportError } from '../../wsman/index.ts';
import type { StepContext } from './engine.ts';
import { LimitError, type PortState, withLimit } from './network.ts';
import { nameCause, portCause } from './reach-causes.ts';
import type { Outcome } from './recorder.ts';

/** An address more says nothing new. */
const mostAddresses = 4;
/** Once the port itself has answered, the others are not waited for longer. */
const graceMs = 300;
/** A name server that does not know the way back must not cost more. */
const reverseMs = 400;

/** Addresses of the machine; null where there is nothing to go on with. */
export async function resolveName(context: StepContext): Promise<readonly string[] | null> {
  const { recorder, place, network, limits } = context;
  const { host } = place;
  if (isIP(host) !== 0 || host.includes('%')) {
    recorder.note('name', { state: 'skipped', meaning: `${host} is an address; there is no name to resolve.` });
    return [host];
  }
  let addresses: readonly string[] = [];
  const outcome = await recorder.run('name', async () => {
    try {
      addresses = await withLimit(network.lookup(host), limits.name);
    } catch (error) {
      const code = error instanceof LimitError ? null : ((error as NodeJS.ErrnoException).code ?? null);
      return failed(
        context,
        nameCause(place, code),
        new TransportError(`The name ${host} is not known here.`, {
          reason: 'name-not-found',
          code: code ?? 'ETIMEDOUT',
          cause: error,
        }),
      );
    }
    if (addresses.length === 0) {
      return failed(
        context,
        nameCause(place, 'ENODATA'),
        new TransportError(`The name ${host} has no address.`, { reason: 'name-not-found', code: 'ENODATA' }),
      );
    }
    const names = place.isLocal ? [] : await namesOf(context, addresses[0]!);
    return {
      state: 'passed',
      meaning: `${host} is ${addresses.join(', ')}.`,
      evidence: [
        `${host} → ${addresses.join(', ')}`,
        ...(names.length === 0
          ? []
          : [`${addresses[0]} → ${names.slice(0, 3).join(', ')}${agrees(host, names) ? '' : ' (another name)'}`]),
      ],
    };
  });
  return outcome.state === 'failed' ? null : addresses;
}

async function namesOf({ network }: StepContext, address: string): Promise<readonly string[]> {
  return withLimit(network.reverse(address), reverseMs).catch(() => []);
}

/** By their first labels: a short name and a full one are the same machine. */
export function agrees(host: string, names: readonly string[]): boolean {
  const first = (name: string) => name.toLowerCase().split('.')[0];
  return names.some((name) => first(name) === first(host));
}

function failed({ toProblem }: StepContext, cause: ReturnType<typeof nameCause>, error: TransportError): Outcome {
  const problem = toProblem(error);
  return {
    state: 'failed',
    meaning: problem.message,
    evidence: problem.technical ? [problem.technical] : [],
    cause,
    problem,
  };
}

const usualPorts = [5985, 5986, 80, 443] as const;

/** Opens the machine's port and those where WinRM may be as well. False where its own does not open. */
export async function openPorts(context: StepContext, addresses: readonly string[]): Promise<boolean> {
  const { recorder, place, limits, network, signal } = context;
  const outcome = await recorder.run('tcp', async () => {
    const startedAt = performance.now();
    const states = new Map<number, PortState>();
    const tried = addresses.slice(0, mostAddresses);
    const own = Promise.all(tried.map((address) => network.dial(address, place.port, limits.connect, signal)));
    const others = usualPorts.filter((port) => port !== place.port);
    const rest = Promise.all(
      others.map(async (port) => {
        // Where it has several addresses, the first stands for all.
        const state = await network.dial(tried[0]!, port, limits.connect, signal);
        states.set(port, state);
      }),
    );
    // Whoever is not waited for must not end the process.
    rest.catch(() => {});
    const ownStates = await own;
    const took = Math.round(performance.now() - startedAt);
    states.set(place.port, best(ownStates));
    await withLimit(rest, ownStates.includes('open') ? graceMs : limits.connect).catch(() => {});
    const evidence = [
      [place.port, ...others].map((port) => `${port} ${words[states.get(port) ?? 'silent']}`).join(' · '),
      ...(tried.length > 1 ? tried.map((address, i) => `${address}: ${words[ownStates[i]!]}`) : []),
    ];
    if (states.get(place.port) === 'open') {
      return { state: 'passed', meaning: `Port ${place.port} answers after ${took} ms.`, evidence };
    }
    const cause = portCause(place, states, tried);
    const problem = context.toProblem(portError(place.port, states.get(place.port)!));
    return { state: 'failed', meaning: problem.message, evidence, cause, problem };
  });
  return outcome.state === 'passed';
}

const words: Readonly<Record<PortState, string>> = {
  open: 'open',
  refused: 'refused',
  silent: 'no answer',
  'no-route': 'no route',
};

/** Of several addresses the one that gets furthest counts, as for whoever connects. */
function best(states: readonly PortState[]): PortState {
  return (['open', 'refused', 'silent', 'no-route'] as const).find((state) => states.includes(state)) ?? 'silent';
}

function portError(port: number, state: PortState): TransportError {
  switch (state) {
    case 'refused':
      return new TransportError(`Nothing listens on port ${port}, or a firewall refuses it.`, {
        reason: 'refused',
        code: 'ECONNREFUSED',
      });
    case 'no-route':
      return new TransportError(`Port ${port} cannot be reached.`, {
        reason: 'network-unreachable',
        code: 'EHOSTUNREACH',
      });
    default:
      return new TransportError(`Port ${port} does not answer.`, { reason: 'connect-timeout', code: 'ETIMEDOUT' });
  }
}
