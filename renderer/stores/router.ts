import { create } from 'zustand';

export const settingsTabs = ['general', 'credentials', 'ntlm'] as const;
export type SettingsTab = (typeof settingsTabs)[number];

/** Which room is open. Kept in the URL's fragment, so that back and forward work in both hosts. */
export type Route =
  | { readonly view: 'machines' }
  | { readonly view: 'machine'; readonly machineId: string; readonly tab: string }
  | { readonly view: 'diagnose'; readonly machineId: string }
  | { readonly view: 'console' }
  | { readonly view: 'settings'; readonly tab: SettingsTab };

export const defaultTab = 'overview';

/** Anything that is not a room of ours is the list of machines. */
export function parseRoute(hash: string): Route {
  const parts = hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '');
  if (parts[0] === 'settings')
    return { view: 'settings', tab: settingsTabs.find((tab) => tab === parts[1]) ?? 'general' };
  if (parts[0] === 'console') return { view: 'console' };
  if (parts[0] === 'machines' && parts[1] !== undefined) {
    const machineId = decode(parts[1]);
    if (machineId !== null && parts[2] === 'diagnose') return { view: 'diagnose', machineId };
    if (machineId !== null) return { view: 'machine', machineId, tab: decode(parts[2] ?? '') || defaultTab };
  }
  return { view: 'machines' };
}

export function formatRoute(route: Route): string {
  switch (route.view) {
    case 'machines':
      return '#/machines';
    case 'console':
      return '#/console';
    case 'settings':
      return route.tab === 'general' ? '#/settings' : `#/settings/${route.tab}`;
    case 'diagnose':
      return `#/machines/${encodeURIComponent(route.machineId)}/diagnose`;
    case 'machine':
      return `#/machines/${encodeURIComponent(route.machineId)}/${encodeURIComponent(route.tab)}`;
  }
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

const hashNow = (): string => (typeof location === 'undefined' ? '' : location.hash);

export const useRouter = create<{ route: Route }>(() => ({ route: parseRoute(hashNow()) }));

let lastMachineId: string | null = null;

function enter(route: Route): void {
  if ('machineId' in route) lastMachineId = route.machineId;
  useRouter.setState({ route });
}

/** The machine whose page was open last, once: the list goes on there, however one came to that page. */
export function takeLastMachine(): string | null {
  const id = lastMachineId;
  lastMachineId = null;
  return id;
}

/** Opens a room as a new step of the history. Switching tabs inside one replaces the step, so that back leaves the room. */
export function openRoute(route: Route): void {
  const before = useRouter.getState().route;
  const hash = formatRoute(route);
  if (hash === formatRoute(before) && hash === hashNow()) return;
  const sameMachine = route.view === 'machine' && before.view === 'machine' && route.machineId === before.machineId;
  if (sameMachine || (route.view === 'settings' && before.view === 'settings')) history.replaceState(null, '', hash);
  else history.pushState(null, '', hash);
  enter(route);
}

export const openMachines = (): void => openRoute({ view: 'machines' });
export const openMachine = (machineId: string, tab: string = defaultTab): void =>
  openRoute({ view: 'machine', machineId, tab });
export const openDiagnosis = (machineId: string): void => openRoute({ view: 'diagnose', machineId });
export const openConsole = (): void => openRoute({ view: 'console' });
export const openSettings = (tab: SettingsTab = 'general'): void => openRoute({ view: 'settings', tab });

/** One step up: from a diagnosis to its machine, from a machine, the console or the settings to the list. */
export function leaveRoute(): void {
  const { route } = useRouter.getState();
  if (route.view === 'diagnose') openMachine(route.machineId);
  else if (route.view !== 'machines') openMachines();
}

/** Follows the browser's own back and forward; called once by main.tsx. */
export function followHistory(): void {
  const read = () => enter(parseRoute(location.hash));
  addEventListener('popstate', read);
  addEventListener('hashchange', read);
}
