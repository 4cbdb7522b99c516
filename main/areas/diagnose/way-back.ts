/** The other direction: does the machine reach another one over WinRM? */
import { type CommandResult, wsmanErrorAdvice, wsmanErrorName } from '../../wsman/index.ts';
import { asArgument, candidate, fixesOf } from './cause.ts';
import type { StepContext } from './engine.ts';
import type { Outcome } from './recorder.ts';

/**
 * Lets the machine ask `winrm identify` of another. Anonymously, since a remote shell has no secret to sign in further with: over there the
 * default of winrm would always be refused, and that would say nothing about the way. `other` has the form of OtherMachine.
 */
export async function goBack(
  { recorder, place }: StepContext,
  other: string,
  run: (command: string, args: readonly string[]) => Promise<CommandResult>,
): Promise<Outcome> {
  return recorder.run('way-back', async () => {
    const seen = readIdentifyOutput(await run('winrm', identifyArguments(other)));
    if (seen.answers) {
      return { state: 'passed', meaning: `${place.host} reaches ${other} over WinRM.`, evidence: seen.lines };
    }
    const why =
      seen.number === null
        ? 'winrm there does not say why.'
        : (wsmanErrorAdvice(seen.number)?.meaning ?? 'See its own words.');
    return {
      state: 'failed',
      meaning: `${place.host} does not reach ${other}: ${why}`,
      evidence: seen.lines,
      cause: {
        id: 'way-back',
        sentence: `WinRM works towards ${place.host}, but from there ${other} cannot be reached: ${why}`,
        candidates: [
          candidate(`${other} does not answer anybody`, `From here: windeck diagnose -r:${asArgument(other)}`),
          candidate(
            `a firewall or the DNS of ${place.host} keeps it from ${other}`,
            `There: winrm id -r:${asArgument(other)} -auth:none`,
          ),
        ],
        fixes: fixesOf([
          `See it there: winrs -r:${asArgument(place.host)} winrm id -r:${asArgument(other)} -auth:none`,
        ]),
      },
    };
  });
}

/** `port`, `transport`: where it is not the usual ones. Certificates are not what is asked about. */
export function identifyArguments(
  host: string,
  at?: { readonly port: number; readonly transport: 'http' | 'https' },
): readonly string[] {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const remote = at === undefined ? name : `${at.transport}://${name}:${at.port}`;
  return ['id', `-r:${remote}`, '-auth:none', ...(at?.transport === 'https' ? ['-skipCACheck', '-skipCNCheck'] : [])];
}

export interface IdentifyOutput {
  readonly answers: boolean;
  /** WSManFault number of winrm, unsigned; null where it names none. */
  readonly number: number | null;
  /** What was printed, shortened. */
  readonly lines: readonly string[];
}

/** What `winrm identify` printed. Its words depend on the language of the system, its element names and numbers do not. */
export function readIdentifyOutput({ exitCode, stdout, stderr }: CommandResult): IdentifyOutput {
  const said = `${stdout}\n${stderr}`;
  const hex = /\b0x(80[0-9a-f]{6})\b/i.exec(said)?.[1];
  const number = hex === undefined ? null : Number.parseInt(hex, 16);
  const lines = said
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 12)
    .map((line) => line.slice(0, 200));
  const name = number === null ? null : wsmanErrorName(number);
  return {
    answers: /\bIdentifyResponse\b/.test(stdout),
    number,
    lines: [...lines, ...(name === null ? [] : [name]), `Exit code ${exitCode}`],
  };
}
