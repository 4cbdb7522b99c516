/** How far somebody gets on the way to a machine: this computer by itself, a witness by what its programs print. */
import { isIP } from 'node:net';
import type { View } from '../../../shared/contract/diagnose.ts';
import { type CommandResult, firstAnswer, ProtocolError, type Target, TransportError } from '../../wsman/index.ts';
import { LimitError, type NetworkEdge, type PortState, withLimit } from './network.ts';
import { readIdentifyOutput } from './way-back.ts';

const limits = { name: 2_000, connect: 2_500, answer: 2_500 } as const;

/** From here: name, port, and whether anything answers. Nothing is signed in to. Rejects only with the signal's reason. */
export async function ownView(target: Target, network: NetworkEdge, signal: AbortSignal): Promise<View> {
  const { host, port } = target;
  let addresses: readonly string[] = [host];
  if (isIP(host) === 0) {
    try {
      addresses = await withLimit(network.lookup(host), limits.name);
    } catch (error) {
      const code = error instanceof LimitError ? 'ETIMEDOUT' : ((error as NodeJS.ErrnoException).code ?? 'ENOTFOUND');
      return { addresses: [], echo: null, winrm: 'name-unknown', evidence: [`${host}: ${code}`] };
    }
  }
  const tried = addresses.slice(0, 4);
  const states = await Promise.all(tried.map((address) => network.dial(address, port, limits.connect, signal)));
  const evidence = tried.map((address, i) => `${address} port ${port}: ${states[i]}`);
  if (!states.includes('open')) {
    const state = (['refused', 'silent', 'no-route'] as const).find((each) => states.includes(each)) ?? 'silent';
    return { addresses, echo: null, winrm: state, evidence };
  }
  const answered = await firstAnswer(target, { signal, timeoutMs: limits.answer }).then(
    ({ status }) => `HTTP ${status}`,
    (error: unknown) => {
      signal.throwIfAborted();
      // A certificate that is not accepted, or an answer that is no HTTP, is an answer all the same: somebody is there.
      const isSilence = error instanceof TransportError && silences.has(error.reason);
      return isSilence || !(error instanceof TransportError || error instanceof ProtocolError) ? null : error.message;
    },
  );
  return answered === null
    ? { addresses, echo: null, winrm: 'silent', evidence: [...evidence, 'No answer to a request'] }
    : { addresses, echo: null, winrm: 'answers', evidence: [...evidence, answered] };
}

const silences: ReadonlySet<string> = new Set(['response-timeout', 'connect-timeout', 'connection-lost']);

/** ERROR_WSMAN_NAME_NOT_RESOLVED, CANNOT_CONNECT (refused), NETWORK_TIMEDOUT. */
const nameNumber = 0x803381b9;
const refusedNumber = 0x80338012;
const timeoutNumber = 0x80338126;

/**
 * From what `ping -n 1` and `winrm identify` printed over there. Their words depend on the language of the system: only numbers, addresses
 * and element names count. `identify` null: it had not ended when the patience had.
 */
export function witnessView(host: string, ping: CommandResult, identify: CommandResult | null): View {
  const address = addressIn(host, ping.stdout);
  const seen = identify && readIdentifyOutput(identify);
  const lines = [...firstLines(ping.stdout), ...(seen?.lines.slice(0, 4) ?? ['winrm was not answered in time'])];
  const winrm = seen === null ? 'silent' : winrmState(seen.answers, seen.number);
  const isUnknown = address === null && (winrm === 'name-unknown' || ping.exitCode !== 0);
  return {
    addresses: address === null ? (isUnknown ? [] : null) : [address],
    echo: address === null ? null : hasReply(ping.stdout),
    winrm: isUnknown && winrm !== 'answers' ? 'name-unknown' : winrm,
    evidence: lines,
  };
}

function winrmState(answers: boolean, number: number | null): View['winrm'] {
  if (answers) return 'answers';
  switch (number) {
    case nameNumber:
      return 'name-unknown';
    case refusedNumber:
      return 'refused';
    case timeoutNumber:
      return 'silent';
    case null:
      return 'not-known';
    default:
      // Whatever else it complains of, it has been answered.
      return 'answers';
  }
}

/** `Pinging web01 [10.0.0.7] with …`: the first address in brackets; of an address itself there are none. */
function addressIn(host: string, stdout: string): string | null {
  const bracketed = /\[([0-9a-f.:%]+)\]/i.exec(stdout)?.[1];
  if (bracketed !== undefined && isIP(bracketed) !== 0) return bracketed;
  return isIP(host) === 0 ? null : host;
}

/** A reply has a time to live (IPv4) or at least a time; "destination unreachable" has neither, and yet ping ends with 0. */
const hasReply = (stdout: string): boolean =>
  /\bTTL=\d/i.test(stdout) || /[=<]\s?\d+\s?ms\s*$/im.test(stdout.split(/\n\s*\n/)[0] ?? '');

function firstLines(stdout: string): readonly string[] {
  return stdout
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 2)
    .map((line) => line.slice(0, 200));
}

export const stateWords: Readonly<Record<PortState | View['winrm'], string>> = {
  open: 'open',
  answers: 'answers',
  refused: 'refuses',
  silent: 'does not answer',
  'no-route': 'has no route',
  'name-unknown': 'does not know the name',
  'not-known': 'could not tell',
};
