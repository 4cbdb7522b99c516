import { create } from 'zustand';
import type { ShellKind } from '../../shared/contract/remote-shell.ts';
import { hasModifier } from '../components/keys.ts';
import { saveFile } from '../components/save-file.ts';
import { consoleClient } from '../host/connect.ts';
import type { LiveShell } from '../terminal/shell-state.ts';
import { firstView, type ShellPlan, type ShellView } from '../terminal/shell-view.ts';
import type { ThemeName } from '../theme/theme.ts';
import { remember } from './console-history.ts';
import { askBeforeLeaving } from './leaving.ts';
import { useMachines } from './machines.ts';
import { useSettings } from './settings.ts';

/** A shell as its tab and pane show it. */
export interface ShellTab extends ShellPlan {
  readonly id: string;
  readonly title: string;
  readonly view: ShellView;
}

/** The shells of one machine, and which of them are seen: one, or two beside each other. */
export interface MachineShells {
  readonly tabs: readonly ShellTab[];
  readonly shown: readonly string[];
  /** The one that has the keyboard. */
  readonly current: string | null;
}

interface ShellsState {
  readonly byMachine: ReadonlyMap<string, MachineShells>;
}

export const noShells: MachineShells = { tabs: [], shown: [], current: null };

export const useShells = create<ShellsState>(() => ({ byMachine: new Map() }));
export const useMachineShells = (machineId: string): MachineShells =>
  useShells(({ byMachine }) => byMachine.get(machineId) ?? noShells);

// What runs in a shell ends with it.
askBeforeLeaving(() =>
  [...useShells.getState().byMachine.values()].some(({ tabs }) =>
    tabs.some(({ view }) => view.status !== 'ended' && view.status !== 'failed'),
  ),
);

const live = new Map<string, LiveShell>();
/** Per kind, for this run of the window: lines may hold secrets. */
const histories = new Map<ShellKind, readonly string[]>();
let lastId = 0;

/** What the terminal of a tab is; null until it is loaded, and after it was closed. */
export const liveShell = (id: string): LiveShell | null => live.get(id) ?? null;

function change(machineId: string, update: (shells: MachineShells) => MachineShells): void {
  useShells.setState(({ byMachine }) => {
    const next = new Map(byMachine);
    const shells = update(byMachine.get(machineId) ?? noShells);
    if (shells.tabs.length === 0) next.delete(machineId);
    else next.set(machineId, shells);
    return { byMachine: next };
  });
}

function publish(machineId: string, id: string, view: Partial<ShellView>): void {
  change(machineId, (shells) => ({
    ...shells,
    tabs: shells.tabs.map((tab) => (tab.id === id ? { ...tab, view: { ...tab.view, ...view } } : tab)),
  }));
}

/** The kind that is opened unasked: the last one that was chosen in this window. */
let usual: ShellKind = 'cmd';
export const usualShell = (): ShellKind => usual;

export interface OpenShellOptions {
  readonly configurationName?: string | null;
  readonly codePage?: number | null;
  /** Beside the one that is seen. */
  readonly isSplit?: boolean;
}

/** Opens a shell in a tab of its own, and shows it. */
export function openShell(machineId: string, kind: ShellKind, options: OpenShellOptions = {}): void {
  const id = `shell-${++lastId}`;
  const { configurationName = null, codePage = null } = options;
  usual = kind;
  const plan: ShellPlan = { machineId, kind, configurationName, codePage };
  const view = { ...firstView, sinceAt: Date.now() };
  change(machineId, (shells) => {
    const kept = options.isSplit && shells.current !== null ? [shells.current] : [];
    const title = titleOf(plan, shells.tabs);
    return { tabs: [...shells.tabs, { ...plan, id, title, view }], shown: [...kept, id], current: id };
  });
  void start(id, plan);
}

/** The shell that has the keyboard gets it; where there is none, one of the usual kind is opened. */
export function enterShell(machineId: string): void {
  const { current } = useShells.getState().byMachine.get(machineId) ?? noShells;
  if (current === null) openShell(machineId, usual);
  else liveShell(current)?.screen.focus();
}

function titleOf({ kind, configurationName }: ShellPlan, tabs: readonly ShellTab[]): string {
  const name = configurationName ?? (kind === 'cmd' ? 'cmd' : 'PowerShell');
  for (let n = 1; ; n++) {
    const title = n === 1 ? name : `${name} ${n}`;
    if (tabs.every((tab) => tab.title !== title)) return title;
  }
}

async function start(id: string, plan: ShellPlan): Promise<void> {
  const isThere = (): boolean =>
    useShells
      .getState()
      .byMachine.get(plan.machineId)
      ?.tabs.some((tab) => tab.id === id) === true;
  // xterm comes with the first shell; its font before it measures itself.
  const [{ createScreen }, { createLiveShell }, { terminalTheme }] = await Promise.all([
    import('../terminal/screen.ts'),
    import('../terminal/shell-state.ts'),
    import('../terminal/terminal-theme.ts'),
    document.fonts.load(`13px 'Cascadia Code Variable'`),
  ]);
  if (!isThere()) return;
  const name = useMachines.getState().byId.get(plan.machineId)?.settings.name ?? '';
  const shell = createLiveShell({
    plan,
    client: consoleClient,
    createScreen: (events) => createScreen(`Shell on ${name}`, terminalTheme(themeNow()), events),
    publish: (view) => publish(plan.machineId, id, view),
    history: {
      lines: () => histories.get(plan.kind) ?? [],
      add: (line) => void histories.set(plan.kind, remember(histories.get(plan.kind) ?? [], line)),
    },
    isPageKey,
  });
  live.set(id, shell);
  publish(plan.machineId, id, {});
}

/** Rooms of the window and of the machine, finding, tabs: keys that are the page's although a terminal has the focus. */
function isPageKey(event: KeyboardEvent): boolean {
  if (['F2', 'F5', 'F6', 'F8'].includes(event.key)) return true;
  if (event.ctrlKey && (event.key === '`' || event.code === 'Backquote')) return true;
  if (event.altKey && !event.ctrlKey && !event.metaKey) {
    return event.shiftKey ? ['KeyN', 'KeyW', 'KeyD'].includes(event.code) : /^Page(?:Up|Down)$/.test(event.key);
  }
  if (!hasModifier(event) || event.altKey) return false;
  if (event.shiftKey) return event.key.toLowerCase() === 's';
  return /^[1-9,fk]$/.test(event.key);
}

const themeNow = (): ThemeName => {
  const { theme } = useSettings.getState().settings;
  if (theme !== 'system') return theme;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
};

/** Every terminal in the colours of this theme. */
export async function applyTerminalTheme(theme: ThemeName): Promise<void> {
  const { terminalTheme } = await import('../terminal/terminal-theme.ts');
  for (const { screen } of live.values()) screen.setTheme(terminalTheme(theme));
}

/** Shows it, in the pane that has the keyboard. */
export function showShell(machineId: string, id: string): void {
  change(machineId, (shells) => {
    if (shells.shown.includes(id)) return { ...shells, current: id };
    return { ...shells, shown: shells.shown.map((one) => (one === shells.current ? id : one)), current: id };
  });
}

export function showNextShell(machineId: string, by: 1 | -1): void {
  const { tabs, current } = useShells.getState().byMachine.get(machineId) ?? noShells;
  const at = tabs.findIndex(({ id }) => id === current);
  const next = tabs[(at + by + tabs.length) % tabs.length];
  if (next !== undefined) showShell(machineId, next.id);
}

/** A second pane with a shell of the same kind, or one pane again. */
export function toggleSplit(machineId: string): void {
  const shells = useShells.getState().byMachine.get(machineId) ?? noShells;
  const current = shells.tabs.find(({ id }) => id === shells.current);
  if (current === undefined) return;
  if (shells.shown.length > 1) {
    change(machineId, (before) => ({ ...before, shown: [current.id] }));
    return;
  }
  const other = shells.tabs.find(({ id }) => id !== current.id);
  if (other !== undefined) change(machineId, (before) => ({ ...before, shown: [current.id, other.id] }));
  else openShell(machineId, current.kind, { ...current, isSplit: true });
}

/** Ends it and all that runs in it. */
export function closeShell(machineId: string, id: string): void {
  live.get(id)?.close();
  live.delete(id);
  change(machineId, (shells) => {
    const at = shells.tabs.findIndex((tab) => tab.id === id);
    const tabs = shells.tabs.filter((tab) => tab.id !== id);
    const near = tabs[Math.min(at, tabs.length - 1)]?.id;
    const left = shells.shown.filter((one) => one !== id);
    const shown = left.length > 0 || near === undefined ? left : [near];
    return { tabs, shown, current: shells.current === id ? (shown[0] ?? null) : shells.current };
  });
}

/** What its terminal still holds, as a file. */
export function saveTranscript(machineName: string, tab: ShellTab): void {
  const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
  const file = `${machineName}-${tab.title}-${stamp}.txt`.replace(/[^\w.-]+/g, '_');
  saveFile(file, liveShell(tab.id)?.screen.text() ?? '');
}
