import { consoleStore } from '../../stores/console.ts';
import { putIntoPrompt } from '../../stores/console-draft.ts';
import { openConsole, openMachine, useRouter } from '../../stores/router.ts';
import { lookForService } from '../../stores/wanted-service.ts';
import type { PaletteChoice } from './palette-item.ts';

/** Does what was chosen. A machine opens in the room in which another one is looked at. */
export function choose(choice: PaletteChoice): void {
  switch (choice.kind) {
    case 'machine': {
      const { route } = useRouter.getState();
      openMachine(choice.machineId, route.view === 'machine' ? route.tab : undefined);
      return;
    }
    case 'action':
      choice.action.run();
      return;
    case 'service':
      lookForService(choice.machineId, choice.name);
      openMachine(choice.machineId, 'services');
      return;
    case 'line':
      toConsole(choice.line, choice.run);
  }
}

/** A line without `-r` goes to the machine whose page is open. One that cannot run now waits in the prompt. */
function toConsole(line: string, run: boolean): void {
  const { route } = useRouter.getState();
  if ('machineId' in route) consoleStore.choose({ machineId: route.machineId });
  const runs = run && consoleStore.run(line) === null;
  if (!runs) putIntoPrompt(line);
  openConsole();
}
