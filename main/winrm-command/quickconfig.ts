/**
 * `winrm quickconfig`: the four actions of winrm/config/service. Each part is analysed first; what it would change is shown, and done when
 * somebody agrees, or nobody has to be asked (-quiet). What the analysis hands back as EnableX_INPUT is sent as it came.
 */
import {
  attribute,
  type CallOptions,
  resourceUris,
  serializeXml,
  type WSManClient,
  type XmlElement,
} from '../wsman/index.ts';
import { CommandLineError, type WinrmCommand } from './command.ts';
import type { CommandEnvironment } from './run.ts';
import { printable, printableProse } from './text-format.ts';

type Quickconfig = Extract<WinrmCommand, { verb: 'quickconfig' }>;

interface Part {
  readonly analyse: 'AnalyzeService' | 'Analyze';
  readonly enable: 'EnableService' | 'EnableRemoting';
  readonly input: string;
  readonly ready: string;
  readonly changes: string;
  readonly done: string;
}

/** Rejects with what the client throws, and with CommandLineError where a policy stands against it or nobody agrees. */
export async function runQuickconfig(
  command: Quickconfig,
  client: WSManClient,
  call: CallOptions,
  environment: CommandEnvironment,
): Promise<void> {
  const transport = command.transport.toUpperCase();
  const force = command.force ? '<c:Force/>' : '';
  const parts: readonly Part[] = [
    {
      analyse: 'AnalyzeService',
      enable: 'EnableService',
      input: '',
      ready: 'The WinRM service is running and starts by itself.',
      changes: 'The WinRM service is not set up to receive requests. These changes are needed:',
      done: 'The WinRM service has been set up to receive requests.',
    },
    {
      analyse: 'Analyze',
      enable: 'EnableRemoting',
      input: `<c:Transport>${transport}</c:Transport>${force}`,
      ready: `WinRM is set up for remote management over ${transport}.`,
      changes: `WinRM is not set up for remote management over ${transport}. These changes are needed:`,
      done: `WinRM has been set up for remote management over ${transport}.`,
    },
  ];
  for (const part of parts) await runPart(part, command, client, call, environment);
}

async function runPart(
  part: Part,
  command: Quickconfig,
  client: WSManClient,
  call: CallOptions,
  { ask, stdout }: CommandEnvironment,
): Promise<void> {
  const service = { resourceUri: resourceUris.configService };
  const input = `<c:${part.analyse}_INPUT xmlns:c="${resourceUris.configService}">${part.input}</c:${part.analyse}_INPUT>`;
  const { output } = await client.invoke(service, part.analyse, input, call);
  const enabled = find(output, 'RemotingEnabled');
  if (enabled?.text.trim().toLowerCase() === 'true') return stdout(`${part.ready}\n`);
  if (enabled !== undefined && attribute(enabled, 'Source') !== null) {
    throw new CommandLineError('A group policy of the machine forbids this; it has to be changed there.');
  }
  const request = find(output, `${part.enable}_INPUT`);
  await stdout(`${part.changes}\n\n${linesOf(find(output, 'Results'))}\n`);
  if (request === undefined) throw new CommandLineError('The machine does not say how to make these changes.');
  if (!command.quiet) {
    const answer = (await ask('Make these changes [y/n]? ', false))?.trim().toLowerCase();
    if (answer === undefined)
      throw new CommandLineError('There is no terminal to ask on: -quiet makes the changes without a question.');
    if (answer !== 'y' && answer !== 'yes') throw new CommandLineError('Nothing was changed.');
  }
  const done = await client.invoke(service, part.enable, serializeXml(request), call);
  if (find(done.output, 'Status')?.text.trim().toLowerCase() !== 'succeeded') {
    throw new CommandLineError(
      `The machine could not do it: ${printableProse(find(done.output, 'Results')?.text ?? 'it does not say why')}`,
    );
  }
  await stdout(`${part.done}\n\n`);
}

function linesOf(results: XmlElement | undefined): string {
  const lines = (results?.text ?? '').split(/\r?\n/).map((line) => printable(line.trim()));
  return lines
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
    .join('');
}

function find(element: XmlElement, local: string): XmlElement | undefined {
  for (const child of element.children) {
    const found = child.local === local ? child : find(child, local);
    if (found !== undefined) return found;
  }
  return undefined;
}
