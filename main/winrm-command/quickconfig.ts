/**
 * `winrm quickconfig` on the command line: each of its two parts is analysed first; what it would change is shown, and done when somebody agrees,
 * or nobody has to be asked (-quiet). Where the machine cannot be reached, the lines to run on the machine itself are printed.
 */
import {
  type Analysis,
  analyzeRemoting,
  analyzeService,
  type CallOptions,
  enableByQuickconfig,
  quickconfigScript,
  type WSManClient,
} from '../wsman/index.ts';
import { CommandLineError, type WinrmCommand } from './command.ts';
import type { CommandEnvironment } from './run.ts';
import { printable } from './text-format.ts';

type Quickconfig = Extract<WinrmCommand, { verb: 'quickconfig' }>;

/** Rejects with what the client throws, and with CommandLineError where a policy stands against it or nobody agrees. */
export async function runQuickconfig(
  command: Quickconfig,
  client: WSManClient,
  call: CallOptions,
  environment: CommandEnvironment,
): Promise<void> {
  const { force, quiet } = command;
  const transport = transportOf(command);
  const apply = async (analysis: Analysis, action: 'EnableService' | 'EnableRemoting'): Promise<void> => {
    if (analysis.input === null) throw new CommandLineError('The machine does not say how to make these changes.');
    await agree(quiet, environment);
    await enableByQuickconfig(client, action, analysis.input, call);
  };

  const service = await analyzeService(client, call);
  await show(
    service,
    'The WinRM service is running and starts by itself.',
    'The WinRM service needs these changes:',
    environment,
  );
  if (!service.isEnabled) {
    await apply(service, 'EnableService');
    await environment.stdout('The WinRM service has been set up to receive requests.\n\n');
  }

  const remoting = await analyzeRemoting(client, { transport, force }, call);
  await show(
    remoting,
    `WinRM is set up for remote management over ${transport}.`,
    `Remote management over ${transport} needs these changes:`,
    environment,
  );
  if (remoting.isEnabled) return;
  await apply(remoting, 'EnableRemoting');
  await environment.stdout(`WinRM has been set up for remote management over ${transport}.\n\n`);
}

const transportOf = ({ transport }: Quickconfig): 'HTTP' | 'HTTPS' => (transport === 'https' ? 'HTTPS' : 'HTTP');

async function show(
  { isEnabled, isBlocked, results }: Analysis,
  ready: string,
  needs: string,
  { stdout }: CommandEnvironment,
): Promise<void> {
  if (isBlocked) throw new CommandLineError('A group policy of the machine forbids this; it has to be changed there.');
  const lines = isEnabled ? [ready] : [needs, '', ...results.map(printable), ''];
  await stdout(lines.map((line) => `${line}\n`).join(''));
}

async function agree(quiet: boolean, { ask }: CommandEnvironment): Promise<void> {
  if (quiet) return;
  const answer = await ask('Make these changes [y/n]? ', false);
  if (answer === null)
    throw new CommandLineError('There is no terminal to ask on: -quiet makes the changes without a question.');
  if (!/^\s*y(?:es)?\s*$/i.test(answer)) throw new CommandLineError('Nothing was changed.');
}

/** For a machine that cannot be reached: what to type there. */
export function localScript(command: Quickconfig): string {
  const { title, lines } = quickconfigScript({
    generation: 'windows-2012',
    transport: transportOf(command),
    force: command.force,
  });
  const all = [
    `To be typed on the machine itself, as an administrator (${title}):`,
    ...lines.map((line) => `    ${line}`),
  ];
  return `\n${all.join('\n')}\n`;
}
