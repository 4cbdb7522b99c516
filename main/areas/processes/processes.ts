import type { ConsoleHandlers } from '../../../shared/contract/contract.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import { ProblemError } from '../../../shared/contract/problem.ts';
import {
  type ProcessesChange,
  type ProcessKey,
  processKeyText,
  type WindowsProcess,
} from '../../../shared/contract/processes.ts';
import { cimSchema, type InputParameter, type WSManClient, wmi } from '../../wsman/index.ts';
import { type AreaContext, onMachine, requireStill, sleep } from '../context.ts';
import type { MachinesArea } from '../machines.ts';
import { createBell, pump, together } from '../pump.ts';
import { queryOne, select } from '../query.ts';
import { refusal } from '../return-codes.ts';
import { createOwners } from './owners.ts';
import { processAdvice, processRefusal } from './refusals.ts';
import { createTableReader, type ProcessTable } from './table.ts';

const intervalMs = 2000;
/** A share needs two samples: the second one comes this soon. */
const secondSampleMs = 700;
const readingLimitMs = 20_000;

/** Processes of one machine: the table while somebody looks, their owners, ending and starting them. */
export function createProcesses(
  context: AreaContext,
  machines: Pick<MachinesArea, 'factsOf'>,
): ConsoleHandlers['processes'] {
  const owners = new Map<string, ReturnType<typeof createOwners>>();
  const ownersOf = (machineId: string) => {
    const known = owners.get(machineId) ?? createOwners();
    owners.set(machineId, known);
    return known;
  };

  return {
    watch: ({ machineId }, sink) =>
      onMachine(context, machineId, async (session) => {
        const bell = createBell();
        const processors = () => machines.factsOf(machineId)?.logicalProcessors ?? 1;
        const read = createTableReader(processors, context.now);
        const unsent = createUnsent();
        await together(
          sink.signal,
          (signal) =>
            pump(sink, bell, () => unsent.take(machines.factsOf(machineId)?.logicalProcessors ?? null), signal),
          async (signal) => {
            let lastError: unknown = null;
            for (let turn = 0; ; turn++) {
              requireStill(context, session);
              const next = context.now() + (turn === 0 ? secondSampleMs : intervalMs);
              const limit = AbortSignal.any([signal, AbortSignal.timeout(readingLimitMs)]);
              try {
                const table = await session.run(read, { signal: limit, urgent: turn === 0 });
                unsent.put(table, context.now());
                lastError = null;
                bell.ring();
              } catch (error) {
                signal.throwIfAborted();
                // The same refusal again is no news.
                if (error !== lastError) {
                  unsent.fail(context.toProblem(error, machineId));
                  bell.ring();
                }
                lastError = error;
              }
              // Whoever does not take what was read (a hidden window) is not read for. With credit it goes on.
              await sleep(Math.max(50, next - context.now()), signal);
              while (!sink.ready && unsent.waiting()) await sleep(intervalMs, signal);
            }
          },
        );
      }),

    owners: ({ machineId, keys }, signal) =>
      onMachine(context, machineId, (session) => ownersOf(machineId)(session, keys, signal)),

    end: ({ machineId, key }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(
          async (client, within) => {
            const name = await requireSame(client, key, within);
            const resource = {
              resourceUri: wmi('Win32_Process'),
              selectors: [['Handle', String(key.processId)]] as const,
            };
            const { returnValue } = await client.invoke(resource, 'Terminate', [], { signal: within });
            if (returnValue !== 0) throw refused(`${name} (${key.processId})`, 'Terminate', returnValue ?? -1);
            return { name };
          },
          { signal, urgent: true },
        ),
      ),

    start: ({ machineId, commandLine, directory }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(
          async (client, within) => {
            const input: InputParameter[] = [{ name: 'CommandLine', type: 'string', value: commandLine }];
            if (directory !== null) input.push({ name: 'CurrentDirectory', type: 'string', value: directory });
            const resource = { resourceUri: wmi('Win32_Process') };
            const { output, returnValue } = await client.invoke(resource, 'Create', input, { signal: within });
            if (returnValue !== 0) throw refused('Windows', 'Create', returnValue ?? -1);
            const processId = Number(output.children.find(({ local }) => local === 'ProcessId')?.text.trim());
            if (!Number.isInteger(processId)) throw noNumber();
            return { processId };
          },
          { signal, urgent: true },
        ),
      ),
  };
}

const sameSchema = cimSchema({ CreationDate: 'datetime', Name: 'string' });

/** The name of the process, where its number is still its own. Throws ProblemError `not-found` otherwise. */
async function requireSame(client: WSManClient, key: ProcessKey, signal: AbortSignal): Promise<string> {
  const text = select(sameSchema, 'Win32_Process', `ProcessId=${key.processId}`);
  const now = await queryOne(client, text, sameSchema, signal);
  if (now !== null && (now.CreationDate?.epochMs ?? null) === key.createdAt) return now.Name ?? '';
  throw new ProblemError({
    code: 'not-found',
    message:
      now === null
        ? `There is no process ${key.processId} any more.`
        : `Process ${key.processId} is another one by now: ${now.Name}.`,
    advice: ['It ended by itself. Nothing was done.'],
    retryable: false,
  });
}

function refused(what: string, method: string, returnValue: number): ProblemError {
  const operation = { method, returnValue, meaning: processRefusal(method, returnValue) };
  return refusal(what, operation, processAdvice(method, returnValue));
}

function noNumber(): ProblemError {
  return new ProblemError({
    code: 'outcome-unknown',
    message: 'Windows says that it started, and gives no process id.',
    advice: ['Look for it in the list before it is started again.'],
    retryable: false,
  });
}

/** What a window has not been told yet: the whole table first, then what differs from what it has. */
function createUnsent() {
  let sent: Map<string, WindowsProcess> | null = null;
  let newest: { table: ProcessTable; readAt: number } | null = null;
  let problem: Problem | null = null;
  return {
    put(table: ProcessTable, readAt: number): void {
      newest = { table, readAt };
      problem = null;
    },
    fail(next: Problem): void {
      problem = next;
    },
    waiting: () => newest !== null,
    take(logicalProcessors: number | null): ProcessesChange | null {
      if (newest === null) {
        const failed = problem;
        problem = null;
        return failed && { kind: 'problem', problem: failed };
      }
      const { table, readAt } = newest;
      newest = null;
      const now = new Map(table.processes.map((each) => [processKeyText(each), each]));
      const before = sent;
      sent = now;
      if (before === null) {
        return { kind: 'all', processes: table.processes, readAt, cpuSource: table.cpuSource, logicalProcessors };
      }
      return {
        kind: 'changed',
        cpuSource: table.cpuSource,
        processes: table.processes.filter((each) => !same(before.get(processKeyText(each)), each)),
        removed: [...before.keys()].filter((key) => !now.has(key)),
        readAt,
      };
    },
  };
}

function same(a: WindowsProcess | undefined, b: WindowsProcess): boolean {
  return a !== undefined && (Object.keys(b) as (keyof WindowsProcess)[]).every((key) => a[key] === b[key]);
}
