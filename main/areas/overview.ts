import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { OverviewChange, OverviewSections, Section } from '../../shared/contract/overview.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import type { WSManClient } from '../wsman/index.ts';
import { type AreaContext, onMachine, requireStill, sleep } from './context.ts';
import type { MachinesArea } from './machines.ts';
import { readDetails, readDisks } from './overview-details.ts';
import {
  createCpuReader,
  createDiskActivityReader,
  createMemoryReader,
  createNetworkReader,
  createProcessReader,
} from './overview-live.ts';
import { createBell, pump, together } from './pump.ts';
import { readSignedIn } from './signed-in.ts';

type SectionName = keyof OverviewSections;
const sectionNames: readonly SectionName[] = [
  'cpu',
  'memory',
  'disks',
  'diskActivity',
  'network',
  'processes',
  'details',
  'users',
];
const liveIntervalMs = 2000;
/** A rate needs two samples: the second one comes this soon. */
const secondSampleMs = 1000;
const slowIntervalMs = 30_000;
/** What a section may take before it counts as failed; its neighbours do not wait for it. */
const readingLimitMs = 10_000;

/** What a reader gives: the value, and what is wrong although there is one. */
interface Reading {
  readonly value: unknown;
  readonly missing?: unknown;
}
type Reader = (client: WSManClient, signal: AbortSignal) => Promise<Reading>;

/** One machine in depth. Every section is read on its own and fails on its own. */
export function createOverview(
  context: AreaContext,
  machines: Pick<MachinesArea, 'factsOf'>,
): ConsoleHandlers['overview'] {
  return {
    watch: ({ machineId }, sink) =>
      onMachine(context, machineId, async (session) => {
        const current = new Map<SectionName, Section<unknown>>();
        const errors = new Map<SectionName, unknown>();
        const topic = (name: SectionName) => `overview.${name}`;
        const { lastKnown } = context.store;
        for (const name of sectionNames) {
          const known = lastKnown.get(machineId, topic(name));
          current.set(name, { value: known?.value ?? null, readAt: known?.at ?? null, live: false, problem: null });
        }
        let unsent = new Set(sectionNames);
        const bell = createBell();
        const take = () => {
          const names = [...unsent];
          unsent = new Set();
          // Every section has the type that its name says: each is written by its own reader only.
          return names.length === 0
            ? null
            : (Object.fromEntries(names.map((name) => [name, current.get(name)])) as OverviewChange);
        };
        const show = (name: SectionName, section: Section<unknown>) => {
          current.set(name, section);
          unsent.add(name);
          bell.ring();
        };

        async function read(name: SectionName, reader: Reader, urgent: boolean, signal: AbortSignal): Promise<void> {
          const limited = AbortSignal.any([signal, AbortSignal.timeout(readingLimitMs)]);
          try {
            const { value, missing = null } = await session.run(reader, { signal: limited, urgent });
            const readAt = context.now();
            errors.set(name, missing);
            const problem = missing === null ? null : context.toProblem(missing, machineId);
            lastKnown.put(machineId, topic(name), value, readAt);
            show(name, { value, readAt, live: true, problem });
          } catch (error) {
            signal.throwIfAborted();
            // The same refusal again is no news.
            if (errors.get(name) === error && !current.get(name)!.live) return;
            errors.set(name, error);
            const problem = limited.aborted ? tooSlow(machineId) : context.toProblem(error, machineId);
            show(name, { ...current.get(name)!, live: false, problem });
          }
        }

        let speedMHz: number | null = null;
        const processors = () => machines.factsOf(machineId)?.logicalProcessors ?? 1;
        const live: readonly (readonly [SectionName, Reader])[] = [
          ['cpu', plain(createCpuReader(() => speedMHz))],
          ['memory', plain(createMemoryReader())],
          ['diskActivity', plain(createDiskActivityReader())],
          ['network', plain(createNetworkReader())],
          ['processes', plain(createProcessReader(processors))],
        ];
        const slow: readonly (readonly [SectionName, Reader])[] = [
          ['disks', plain(readDisks)],
          ['users', plain(readSignedIn)],
          [
            'details',
            async (client, signal) => {
              const { identity } = session.status;
              const stack = identity?.stack ?? identity?.productVersion ?? null;
              const reading = await readDetails(client, stack, signal, context.now);
              speedMHz = reading.speedMHz;
              return { value: reading.details, missing: reading.missing };
            },
          ],
        ];
        const loop = (readers: typeof live, intervalMs: number, firstMs: number) => async (signal: AbortSignal) => {
          for (let first = true; ; first = false) {
            requireStill(context, session);
            const next = context.now() + (first ? firstMs : intervalMs);
            await Promise.all(readers.map(([name, reader]) => read(name, reader, first, signal)));
            await sleep(Math.max(50, next - context.now()), signal);
          }
        };
        await together(
          sink.signal,
          (signal) => pump(sink, bell, take, signal),
          loop(live, liveIntervalMs, secondSampleMs),
          loop(slow, slowIntervalMs, slowIntervalMs),
        );
      }),
  };
}

function plain<T>(read: (client: WSManClient, signal: AbortSignal) => Promise<T>): Reader {
  return async (client, signal) => ({ value: await read(client, signal) });
}

function tooSlow(machineId: string): Problem {
  return {
    code: 'timeout',
    message: `The machine did not answer this within ${readingLimitMs / 1000} seconds.`,
    advice: ['It is asked again by itself. If it stays, look at the load of the machine and its WMI service.'],
    retryable: true,
    technical: 'ETIMEDOUT',
    machineId,
  };
}
