import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Hardware } from '../../shared/contract/hardware.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';
import { type StandingReading, standingReading } from './standing-reading.ts';
import type { Attach } from './standing-stream.ts';

export interface MachineHardware {
  /** As it was read last; what is older says so. */
  readonly hardware: Hardware | null;
  /** Why the last reading failed. */
  readonly problem: Problem | null;
  readonly reading: boolean;
}

export interface HardwareStore {
  readonly state: StoreApi<Readonly<Record<string, MachineHardware>>>;
  /** Reads it now, after every reconnect and every minute, until the returned function is called. */
  watch(machineId: string): () => void;
  refresh(machineId: string): void;
}

/** A controller answers slowly, and sensors change slowly. */
export const hardwareRereadMs = 60_000;
const nothing: MachineHardware = { hardware: null, problem: null, reading: false };

export function createHardwareStore(client: () => Pick<ConsoleClient, 'hardware'>, attachTo: Attach): HardwareStore {
  const state = createStore<Readonly<Record<string, MachineHardware>>>(() => ({}));
  const watched = new Map<string, { holders: number; readNow: () => void; end: () => void }>();
  const put = (machineId: string, change: Partial<MachineHardware>): void =>
    state.setState((all) => ({ ...all, [machineId]: { ...(all[machineId] ?? nothing), ...change } }), true);

  const read = async (machineId: string, signal: AbortSignal): Promise<void> => {
    put(machineId, { reading: true });
    try {
      const hardware = await client().hardware.read({ machineId }, signal);
      if (!signal.aborted) put(machineId, { hardware, problem: null, reading: false });
    } catch (error) {
      if (!signal.aborted) put(machineId, { problem: problemOf(error), reading: false });
    }
  };

  const open = (machineId: string): StandingReading => {
    const reading = standingReading(attachTo, (signal) => read(machineId, signal), hardwareRereadMs);
    return {
      readNow: reading.readNow,
      end() {
        reading.end();
        put(machineId, { reading: false });
      },
    };
  };

  return {
    state,
    watch(machineId) {
      const held = watched.get(machineId) ?? { holders: 0, ...open(machineId) };
      held.holders += 1;
      watched.set(machineId, held);
      let released = false;
      return () => {
        if (released) return;
        released = true;
        held.holders -= 1;
        if (held.holders > 0) return;
        watched.delete(machineId);
        held.end();
      };
    },
    refresh: (machineId) => watched.get(machineId)?.readNow(),
  };
}

export const hardwareStore: HardwareStore = createHardwareStore(consoleClient, attach);
