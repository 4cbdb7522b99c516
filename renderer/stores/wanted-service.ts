import { create } from 'zustand';

interface WantedService {
  readonly machineId: string;
  readonly name: string;
}

/** The service that the list of a machine's services goes to as soon as it has it. */
export const useWantedService = create<{ wanted: WantedService | null }>(() => ({ wanted: null }));

export const lookForService = (machineId: string, name: string): void =>
  useWantedService.setState({ wanted: { machineId, name } });
export const foundService = (): void => useWantedService.setState({ wanted: null });
