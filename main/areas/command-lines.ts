/**
 * Lines of winrm and winrs as a person types them in the Console view: the command language with the inventory behind it. On one machine the
 * output streams; on the machines of a tag each becomes a result, and the view makes one table of them.
 */
import type { LineEvent, LineFormat, LineInput, MachineResult } from '../../shared/contract/command-lines.ts';
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import { openAudit } from '../storage/audit.ts';
import { type Command, CommandLineError } from '../winrm-command/command.ts';
import { isSwitch } from '../winrm-command/line.ts';
import { parseLine } from '../winrm-command/parse.ts';
import { OutputClosedError } from '../winrm-command/run.ts';
import { printable } from '../winrm-command/text-format.ts';
import { isWinrsLine, parseWinrsLine, type WinrsLine } from '../winrm-command/winrs-parse.ts';
import type { Interruption } from '../winrm-command/winrs-run.ts';
import { createLineAudit, type LineAudit } from './command-line-audit.ts';
import { createClassMemory } from './command-line-classes.ts';
import { type Addressed, address, type KnownMachine } from './command-line-destination.ts';
import { createLineInput, type LineDesk } from './command-line-input.ts';
import { questionBefore } from './command-line-risk.ts';
import { toRow } from './command-line-rows.ts';
import { type LineFront, runOn } from './command-line-run.ts';
import { type AskedValue, createValueMemory } from './command-line-values.ts';
import { type AreaContext, notInInventory } from './context.ts';

/** So many machines of a tag at once: enough to hide the network, few enough for this thread. */
const atOnce = 24;
/** Of one machine of a tag so much is kept. */
const maxRows = 2000;
const maxText = 262_144;
/** One piece of output, so that a reader gets something to read before everything is there. */
const pieceLength = 16_384;
const cancelledExitCode = 130;

export interface CommandLinesOptions {
  readonly version: string;
  readonly dataFolder: string;
  /** Masks the secrets that this run has signed in with. */
  readonly mask: (text: string) => string;
}

export function createCommandLines(
  context: AreaContext,
  { version, dataFolder, mask }: CommandLinesOptions,
): ConsoleHandlers['commandLines'] {
  const classes = createClassMemory();
  const values = createValueMemory(context);
  const audit = createLineAudit(context, openAudit(dataFolder, context.now), mask);

  async function run(
    { line, machineId, format }: { line: string; machineId: string | null; format: LineFormat },
    sink: Sink<LineEvent>,
    up: AsyncIterable<LineInput>,
  ): Promise<void> {
    const startedAt = performance.now();
    const askedAt = context.now();
    const cancellation = new AbortController();
    const stop = () => cancellation.abort();
    for (const signal of [sink.signal, context.closing]) signal.addEventListener('abort', stop, { once: true });
    if (sink.signal.aborted || context.closing.aborted) stop();
    const desk = createLineInput(sink, up, cancellation);
    let exitCode: number;
    try {
      exitCode = await carryOut();
    } catch (error) {
      if (error instanceof CommandLineError) {
        await print('stderr', `Error: ${printable(error.message)}\n`);
        exitCode = error.exitCode;
      } else if (error instanceof OutputClosedError || sink.signal.aborted) return;
      else if (cancellation.signal.aborted) {
        await print('stderr', 'Cancelled.\n');
        exitCode = cancelledExitCode;
      } else throw error;
    } finally {
      context.closing.removeEventListener('abort', stop);
      desk.close();
    }
    await sink.push({ kind: 'end', exitCode, milliseconds: Math.round(performance.now() - startedAt) });

    async function print(stream: 'stdout' | 'stderr', text: string): Promise<void> {
      for (let at = 0; at < text.length; at += pieceLength) {
        try {
          await sink.push({ kind: 'output', stream, text: text.slice(at, at + pieceLength) });
        } catch (cause) {
          throw new OutputClosedError('The window has gone.', { cause });
        }
      }
    }

    async function carryOut(): Promise<number> {
      const { command, destination } = understand(line, format, knownMachines(context), promptMachine());
      const machines =
        destination.kind === 'tag' ? destination.machines : destination.kind === 'machine' ? [destination.machine] : [];
      await sink.push({
        kind: 'begin',
        machines:
          'connection' in command ? machines.map(({ id, settings }) => ({ machineId: id, name: settings.name })) : [],
        tag: destination.kind === 'tag' ? destination.tag : null,
        takesInput: command.verb === 'winrs' && destination.kind !== 'tag',
        hidesInput: command.verb === 'winrs' && command.noEcho,
      });
      const question = questionBefore(command, destination);
      if (question !== null && !(await desk.confirm(question))) {
        cancellation.signal.throwIfAborted();
        await print('stderr', 'Not run.\n');
        return 1;
      }
      const common = { version, cancellation, askedAt };
      if (destination.kind === 'tag' && 'connection' in command) {
        const asText = isTextual(command, line);
        return runOnAll(context, destination.machines, command, asText, {
          ...common,
          audit,
          desk,
          sink,
          learn: classes.learn,
        });
      }
      const machine = machines[0] ?? null;
      const front: LineFront = {
        ...common,
        print,
        ask: desk.ask,
        standardInput: () => desk.standardInput(),
        onInterrupt: desk.onInterrupt,
        onElement: classes.learn,
        onError: () => {},
      };
      return audit.around(machine, command, front, (watched) => runOn(context, machine, command, watched));
    }

    function promptMachine(): KnownMachine | null {
      if (machineId === null) return null;
      const settings = context.store.inventory.data.machines.get(machineId);
      if (settings === undefined) throw notInInventory(machineId);
      return { id: machineId, settings };
    }
  }

  return {
    run,
    async complete({ line, cursor, machineId }) {
      const machines = knownMachines(context);
      const asked: AskedValue[] = [];
      const known = classes.complete(line, cursor, machines, (resource, key) => {
        asked.push({ resource, key });
        return [];
      });
      const [wanted] = asked;
      if (wanted === undefined) return known;
      // A value that is half typed may have a quotation mark that is not closed yet.
      const rest = line.slice(0, known.from) + line.slice(known.to).replace(/^\S+/, '');
      const prompt = machines.find(({ id }) => id === machineId) ?? null;
      const found = await values.valuesOf(wanted, rest, machines, prompt);
      return classes.complete(line, cursor, machines, () => found);
    },
  };
}

const knownMachines = (context: AreaContext): KnownMachine[] =>
  [...context.store.inventory.data.machines].map(([id, settings]) => ({ id, settings }));

interface Understood extends Pick<Addressed, 'destination'> {
  readonly command: Command | WinrsLine;
}

/** Throws CommandLineError. */
function understand(
  line: string,
  format: LineFormat,
  machines: readonly KnownMachine[],
  prompt: KnownMachine | null,
): Understood {
  const { destination, line: addressed, original } = address(line, machines, prompt);
  const parse = (text: string): Command | WinrsLine => (isWinrsLine(text) ? parseWinrsLine(text) : parseLine(text));
  // On the machines of a tag the instances make the table, whatever the usual format is.
  const isFormatted = destination.kind === 'tag' || format === 'text' || isWinrsLine(line) || saysFormat(line);
  const candidates = [addressed, original].flatMap((text) =>
    isFormatted ? [text] : [`${text} -format:${format}`, text],
  );
  for (const text of candidates) {
    try {
      return { command: parse(text), destination };
    } catch (error) {
      if (!(error instanceof CommandLineError)) throw error;
      // What was added may not go with it (help, helpmsg); what was typed says what is wrong.
    }
  }
  return { command: parse(original), destination };
}

function saysFormat(line: string): boolean {
  return line.split(/\s+/).some((word) => isSwitch(word.slice(0, 1)) && /^.(?:f|format):/i.test(word));
}

/** Its result is text, which is compared; else instances, which become rows. */
function isTextual(command: Command | WinrsLine, line: string): boolean {
  return command.verb === 'winrs' || saysFormat(line);
}

interface Many extends Pick<LineFront, 'version' | 'cancellation' | 'askedAt'> {
  readonly audit: LineAudit;
  readonly desk: LineDesk;
  readonly sink: Sink<LineEvent>;
  readonly learn: LineFront['onElement'];
}

/** Resolves with 0 where all did, else with the first exit code that is another. A machine that fails is a result. */
async function runOnAll(
  context: AreaContext,
  machines: readonly KnownMachine[],
  command: Command | WinrsLine,
  asText: boolean,
  many: Many,
): Promise<number> {
  const { cancellation, desk, sink } = many;
  const handlers = new Set<(kind: Interruption) => void>();
  let interruptions = 0;
  // One Ctrl+C is for every machine on which a command runs; the second ends the line.
  const release = desk.onInterrupt((kind) => {
    if (++interruptions > 1 || handlers.size === 0) cancellation.abort();
    for (const handler of handlers) handler(kind);
  });
  const waiting = [...machines];
  let exitCode = 0;
  const work = async (): Promise<void> => {
    for (let machine = waiting.shift(); machine !== undefined; machine = waiting.shift()) {
      if (cancellation.signal.aborted || interruptions > 0) return;
      const result = await resultOn(context, machine, command, asText, { ...many, handlers });
      if (result.exitCode !== 0) exitCode ||= result.exitCode ?? 1;
      await sink.push({ kind: 'result', result });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, machines.length) }, work));
  } finally {
    release();
  }
  return cancellation.signal.aborted || interruptions > 0 ? cancelledExitCode : exitCode;
}

async function resultOn(
  context: AreaContext,
  machine: KnownMachine,
  command: Command | WinrsLine,
  asText: boolean,
  { audit, desk, learn, handlers, ...many }: Many & { readonly handlers: Set<(kind: Interruption) => void> },
): Promise<MachineResult> {
  const startedAt = performance.now();
  const rows: Record<string, string>[] = [];
  const output = { stdout: '', stderr: '', whole: '' };
  let isCut = false;
  let failure = null as { readonly error: unknown } | null;
  const front: LineFront = {
    ...many,
    async print(stream, text) {
      const room = maxText - output.whole.length;
      if (text.length > room) isCut = true;
      output[stream] += text.slice(0, room);
      output.whole += text.slice(0, room);
    },
    ask: desk.askOnce,
    standardInput: () => null,
    onInterrupt(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    onElement(element) {
      learn(element);
      if (asText) return;
      if (rows.length < maxRows) rows.push(toRow(element));
      else isCut = true;
    },
    onError(error) {
      failure = { error };
    },
  };
  const exitCode = await audit.around(machine, command, front, (watched) => runOn(context, machine, command, watched));
  const failed = failure !== null && exitCode !== 0 && output.stderr !== '';
  const hasRows = !asText && (rows.length > 0 || output.stdout.trim() === '');
  const note = output.stderr.trim();
  return {
    machineId: machine.id,
    machine: machine.settings.name,
    exitCode,
    milliseconds: Math.round(performance.now() - startedAt),
    rows: hasRows ? rows : null,
    text: hasRows ? null : failed ? output.stdout : output.whole,
    isCut,
    note: hasRows && !failed && note !== '' ? note : null,
    problem: failed && failure !== null ? context.toProblem(failure.error, machine.id) : null,
  };
}
