import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { ConsoleInfo } from '../../shared/contract/settings.ts';
import type { AreaContext } from './context.ts';

export interface SettingsOptions {
  readonly about: Pick<ConsoleInfo, 'version' | 'host' | 'dataFolder'>;
  readonly isLab: () => boolean;
  readonly notices: () => readonly string[];
  /** Starts the embedded lab and puts it in the inventory's place. */
  readonly openLab: () => Promise<void>;
}

export function createSettings(context: AreaContext, options: SettingsOptions): ConsoleHandlers['settings'] {
  const info = (): ConsoleInfo => ({
    ...options.about,
    lab: options.isLab(),
    notices: options.notices(),
  });
  return {
    get: async () => context.store.inventory.data.settings,
    async set(settings) {
      await context.store.inventory.update((old) => ({ ...old, settings }));
      return context.store.inventory.data.settings;
    },
    info: async () => info(),
    async openLab() {
      await options.openLab();
      return info();
    },
  };
}
