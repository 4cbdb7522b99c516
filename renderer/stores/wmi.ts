import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CimReference } from '../../shared/contract/cim-value.ts';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import { namespaceOf } from '../../shared/contract/object-path.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import type { WmiClass, WmiClassList, WmiInput, WmiInstance, WmiInvocation } from '../../shared/contract/wmi.ts';
import { consoleClient } from '../host/connect.ts';
import { remember } from './console-history.ts';
import { problemOf } from './problem-of.ts';
import { followRows, noRows, type Rows, superseded } from './wmi-rows.ts';

/** Something that is asked for once and then there. */
export interface Asked<T> {
  readonly value: T | null;
  readonly problem: Problem | null;
  readonly reading: boolean;
}
const unasked: Asked<never> = { value: null, problem: null, reading: false };

/** One instance in the pane; what it was opened from is behind it. */
export interface OpenInstance {
  readonly reference: CimReference;
  readonly instance: Asked<WmiInstance>;
  readonly declared: WmiClass | null;
  readonly associated: Rows;
  readonly links: Rows;
}

export type WmiMode = 'instances' | 'class' | 'query';

export interface MachineWmi {
  readonly namespace: string;
  /** Namespaces by their parent, for those that were opened. */
  readonly children: Readonly<Record<string, Asked<readonly string[]>>>;
  readonly expanded: ReadonlySet<string>;
  readonly classes: Asked<WmiClassList>;
  readonly className: string | null;
  readonly declared: Asked<WmiClass>;
  readonly mode: WmiMode;
  readonly instances: Rows;
  readonly queryText: string;
  /** What was run and brought these rows. */
  readonly ran: string | null;
  readonly results: Rows;
  readonly limit: number;
  /** Oldest first. */
  readonly history: readonly string[];
  /** Declarations by lower-case name, of this namespace: for completion. */
  readonly known: ReadonlyMap<string, WmiClass>;
  /** The last one is shown. */
  readonly open: readonly OpenInstance[];
}

const firstQuery = 'SELECT * FROM Win32_Service WHERE State = "Running"';
export const untouchedWmi: MachineWmi = {
  namespace: 'root/cimv2',
  children: {},
  expanded: new Set(['root']),
  classes: unasked,
  className: null,
  declared: unasked,
  mode: 'instances',
  instances: noRows,
  queryText: firstQuery,
  ran: null,
  results: noRows,
  limit: 1000,
  history: [],
  known: new Map(),
  open: [],
};

export interface WmiStore {
  readonly state: StoreApi<Readonly<Record<string, MachineWmi>>>;
  /** While it is held somebody sees the room. The last release ends what is being read for it. */
  hold(machineId: string): () => void;
  /** Reads what the room begins with, where nothing was read yet or the reading was ended by leaving. */
  enter(machineId: string): void;
  /** Asks anew for what is shown; nothing, where nobody holds the room. */
  refresh(machineId: string): void;
  toggleNamespace(machineId: string, namespace: string, open: boolean): void;
  openNamespace(machineId: string, namespace: string): void;
  openClass(machineId: string, className: string): void;
  setMode(machineId: string, mode: WmiMode): void;
  setLimit(machineId: string, limit: number): void;
  setQuery(machineId: string, text: string): void;
  /** For completion: what a class has, where it is not known yet. */
  learn(machineId: string, className: string): void;
  run(machineId: string): void;
  cancel(machineId: string): void;
  /** Opens an instance in the pane: from a table (`from` null), or as the next step from the one that is open. */
  openInstance(machineId: string, reference: CimReference, keepTrail: boolean): void;
  back(machineId: string): void;
  closeInstance(machineId: string): void;
  readAssociations(machineId: string): void;
  put(machineId: string, changes: WmiInput[], before: WmiInstance): Promise<void>;
  create(machineId: string, className: string, values: WmiInput[]): Promise<CimReference>;
  delete(machineId: string, reference: CimReference): Promise<void>;
  invoke(
    machineId: string,
    className: string,
    reference: CimReference | null,
    method: string,
    inputs: WmiInput[],
  ): Promise<WmiInvocation>;
  describe(machineId: string, namespace: string, className: string): Promise<WmiClass>;
}

const ended = <T>(asked: Asked<T>): Asked<T> => (asked.reading ? { ...asked, reading: false } : asked);
const endedRows = (rows: Rows): Rows => (rows.stage === 'reading' ? { ...rows, stage: 'cancelled' } : rows);
const maxTrail = 20;
const maxAssociated = 500;
const maxKnown = 60;

export function createWmiStore(client: () => Pick<ConsoleClient, 'wmi'>, now: () => number = Date.now): WmiStore {
  const state = createStore<Readonly<Record<string, MachineWmi>>>(() => ({}));
  /** What is being read, by machine and purpose: the newest replaces the one before. */
  const running = new Map<string, AbortController>();
  /** How many hold the room of a machine. */
  const holders = new Map<string, number>();

  const of = (machineId: string): MachineWmi => state.getState()[machineId] ?? untouchedWmi;
  const put = (machineId: string, change: (before: MachineWmi) => Partial<MachineWmi>): void =>
    state.setState((all) => {
      const before = all[machineId] ?? untouchedWmi;
      return { ...all, [machineId]: { ...before, ...change(before) } };
    }, true);

  const begin = (machineId: string, purpose: string): AbortSignal => {
    const key = `${machineId} ${purpose}`;
    running.get(key)?.abort(superseded);
    const controller = new AbortController();
    running.set(key, controller);
    return controller.signal;
  };
  const end = (machineId: string, purpose: string): void => running.get(`${machineId} ${purpose}`)?.abort();

  async function ask<T>(
    machineId: string,
    purpose: string,
    work: (signal: AbortSignal) => Promise<T>,
    tell: (asked: Asked<T>) => void,
    before: T | null,
  ): Promise<void> {
    const signal = begin(machineId, purpose);
    tell({ value: before, problem: null, reading: true });
    try {
      const value = await work(signal);
      if (!signal.aborted) tell({ value, problem: null, reading: false });
    } catch (error) {
      if (!signal.aborted) tell({ value: before, problem: problemOf(error), reading: false });
    }
  }

  const readChildren = (machineId: string, namespace: string): Promise<void> =>
    ask(
      machineId,
      `children ${namespace}`,
      (signal) => client().wmi.namespaces({ machineId, namespace }, signal),
      (asked) => put(machineId, ({ children }) => ({ children: { ...children, [namespace]: asked } })),
      of(machineId).children[namespace]?.value ?? null,
    );

  const readClasses = (machineId: string, fresh: boolean): Promise<void> => {
    const { namespace, classes } = of(machineId);
    return ask(
      machineId,
      'classes',
      (signal) => client().wmi.classes({ machineId, namespace, fresh }, signal),
      (asked) => put(machineId, () => ({ classes: asked })),
      classes.value?.namespace === namespace ? classes.value : null,
    );
  };

  const know = (machineId: string, found: WmiClass): void =>
    put(machineId, ({ known, namespace }) => {
      if (found.namespace.toLowerCase() !== namespace.toLowerCase()) return {};
      const next = new Map([...known, [found.name.toLowerCase(), found] as const].slice(-maxKnown));
      return { known: next };
    });

  const readClass = async (machineId: string, fresh: boolean): Promise<void> => {
    const { namespace, className, declared } = of(machineId);
    if (className === null) return;
    await ask(
      machineId,
      'class',
      async (signal) => {
        const found = await client().wmi.describe({ machineId, namespace, className, fresh }, signal);
        know(machineId, found);
        return found;
      },
      (asked) => put(machineId, () => ({ declared: asked })),
      declared.value?.name === className ? declared.value : null,
    );
  };

  const readInstances = (machineId: string): void => {
    const { namespace, className, limit } = of(machineId);
    if (className === null) return;
    const signal = begin(machineId, 'instances');
    void followRows(
      (within) => client().wmi.instances({ machineId, namespace, className, limit }, within),
      limit,
      signal,
      now,
      (instances) => {
        if (of(machineId).className === className) put(machineId, () => ({ instances }));
      },
    );
  };

  const changeOpen = (machineId: string, reference: CimReference, change: Partial<OpenInstance>): void =>
    put(machineId, ({ open }) => ({
      open: open.map((one) => (one.reference === reference ? { ...one, ...change } : one)),
    }));

  const readOpen = async (machineId: string): Promise<void> => {
    const shown = of(machineId).open.at(-1);
    if (!shown) return;
    const { reference } = shown;
    await ask(
      machineId,
      'instance',
      async (signal) => {
        const instance = await client().wmi.get({ machineId, reference }, signal);
        try {
          const { namespace, className } = instance;
          const declared = await client().wmi.describe({ machineId, namespace, className, fresh: false }, signal);
          changeOpen(machineId, reference, { declared });
        } catch {
          // The instance is what was asked for; without its class it is shown with the types that its values have.
        }
        return instance;
      },
      (instance) => changeOpen(machineId, reference, { instance }),
      shown.instance.value,
    );
  };

  const readAgain = (machineId: string): void => {
    const { mode, className } = of(machineId);
    if (mode !== 'query' && className !== null) readInstances(machineId);
  };

  const leave = (machineId: string): void => {
    for (const [key, controller] of running) {
      if (!key.startsWith(`${machineId} `)) continue;
      controller.abort(superseded);
      running.delete(key);
    }
    if (state.getState()[machineId] === undefined) return;
    put(machineId, (before) => ({
      children: Object.fromEntries(Object.entries(before.children).map(([name, asked]) => [name, ended(asked)])),
      classes: ended(before.classes),
      declared: ended(before.declared),
      instances: before.instances.stage === 'reading' ? noRows : before.instances,
      results: endedRows(before.results),
      open: before.open.map((one) => ({
        ...one,
        instance: ended(one.instance),
        associated: endedRows(one.associated),
        links: endedRows(one.links),
      })),
    }));
  };

  const store: WmiStore = {
    state,
    hold(machineId) {
      holders.set(machineId, (holders.get(machineId) ?? 0) + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        const left = (holders.get(machineId) ?? 1) - 1;
        if (left > 0) holders.set(machineId, left);
        else {
          holders.delete(machineId);
          leave(machineId);
        }
      };
    },
    enter(machineId) {
      const { classes, children, expanded, className, declared, instances, open } = of(machineId);
      for (const namespace of expanded) {
        const asked = children[namespace];
        if (!asked || asked.problem || (asked.value === null && !asked.reading))
          void readChildren(machineId, namespace);
      }
      if (classes.value === null && !classes.reading) void readClasses(machineId, false);
      if (className !== null && declared.value === null && !declared.reading) void readClass(machineId, false);
      if (instances.stage === 'none') readAgain(machineId);
      const shown = open.at(-1)?.instance;
      if (shown && shown.value === null && !shown.reading) void readOpen(machineId);
    },
    refresh(machineId) {
      if (!holders.has(machineId) || state.getState()[machineId] === undefined) return;
      for (const namespace of of(machineId).expanded) void readChildren(machineId, namespace);
      void readClasses(machineId, true);
      void readClass(machineId, true);
      readAgain(machineId);
      void readOpen(machineId);
    },
    toggleNamespace(machineId, namespace, open) {
      put(machineId, ({ expanded }) => {
        const next = new Set(expanded);
        if (open) next.add(namespace);
        else next.delete(namespace);
        return { expanded: next };
      });
      if (open && !of(machineId).children[namespace]?.value) void readChildren(machineId, namespace);
    },
    openNamespace(machineId, namespace) {
      if (of(machineId).namespace === namespace) return;
      for (const purpose of ['class', 'instances', 'learn']) end(machineId, purpose);
      put(machineId, () => ({
        namespace,
        classes: unasked,
        className: null,
        declared: unasked,
        instances: noRows,
        known: new Map(),
      }));
      void readClasses(machineId, false);
    },
    openClass(machineId, className) {
      const before = of(machineId);
      if (before.className !== className) {
        put(machineId, () => ({ className, declared: unasked, instances: noRows }));
        void readClass(machineId, false);
      }
      if (before.mode === 'query') put(machineId, () => ({ mode: 'instances' }));
      if (before.className !== className || before.instances.stage !== 'reading') readInstances(machineId);
    },
    setMode: (machineId, mode) => put(machineId, () => ({ mode })),
    setLimit(machineId, limit) {
      put(machineId, () => ({ limit }));
      readAgain(machineId);
    },
    setQuery: (machineId, queryText) => put(machineId, () => ({ queryText })),
    learn(machineId, className) {
      const { known, namespace } = of(machineId);
      if (known.has(className.toLowerCase())) return;
      const signal = begin(machineId, 'learn');
      client()
        .wmi.describe({ machineId, namespace, className, fresh: false }, signal)
        .then((found) => know(machineId, found))
        // Completion does without; whoever runs the query is told what is wrong.
        .catch(() => {});
    },
    run(machineId) {
      const { queryText, namespace, limit } = of(machineId);
      const text = queryText.trim();
      if (text === '') return;
      put(machineId, ({ history }) => ({ mode: 'query', ran: text, history: remember(history, text) }));
      const signal = begin(machineId, 'query');
      void followRows(
        (within) => client().wmi.query({ machineId, namespace, text, limit }, within),
        limit,
        signal,
        now,
        (results) => {
          if (of(machineId).ran === text) put(machineId, () => ({ results }));
        },
      );
    },
    cancel(machineId) {
      end(machineId, of(machineId).mode === 'query' ? 'query' : 'instances');
    },
    openInstance(machineId, reference, keepTrail) {
      const opened: OpenInstance = {
        reference,
        instance: unasked,
        declared: null,
        associated: noRows,
        links: noRows,
      };
      end(machineId, 'associated');
      end(machineId, 'links');
      put(machineId, ({ open }) => ({ open: [...(keepTrail ? open : []), opened].slice(-maxTrail) }));
      void readOpen(machineId);
    },
    back(machineId) {
      put(machineId, ({ open }) => ({ open: open.slice(0, -1) }));
      void readOpen(machineId);
    },
    closeInstance(machineId) {
      for (const purpose of ['instance', 'associated', 'links']) end(machineId, purpose);
      put(machineId, () => ({ open: [] }));
    },
    readAssociations(machineId) {
      const shown = of(machineId).open.at(-1);
      if (!shown) return;
      const { reference } = shown;
      for (const [purpose, select] of [
        ['associated', 'instances'],
        ['links', 'links'],
      ] as const) {
        const signal = begin(machineId, purpose);
        void followRows(
          (within) => client().wmi.associated({ machineId, reference, select, limit: maxAssociated }, within),
          maxAssociated,
          signal,
          now,
          (rows) => changeOpen(machineId, reference, { [purpose]: rows }),
        );
      }
    },
    async put(machineId, changes, before) {
      const { reference } = before;
      if (reference === null) throw new Error('An instance without a reference cannot be written.');
      try {
        const names = new Set(changes.map(({ name }) => name.toLowerCase()));
        const values = before.properties.filter(([name]) => names.has(name.toLowerCase()));
        await client().wmi.put({ machineId, reference, changes, before: values.map(([name, value]) => [name, value]) });
      } finally {
        // Whatever came of it: what is there now is read from the machine.
        void readOpen(machineId);
        readAgain(machineId);
      }
    },
    async create(machineId, className, values) {
      const { namespace } = of(machineId);
      try {
        return await client().wmi.create({ machineId, namespace, className, values });
      } finally {
        readAgain(machineId);
      }
    },
    async delete(machineId, reference) {
      try {
        await client().wmi.delete({ machineId, reference });
        put(machineId, ({ open }) => ({ open: open.filter((one) => one.reference !== reference) }));
      } finally {
        void readOpen(machineId);
        readAgain(machineId);
      }
    },
    async invoke(machineId, className, reference, method, inputs) {
      const namespace = (reference && namespaceOf(reference)) ?? of(machineId).namespace;
      try {
        return await client().wmi.invoke({ machineId, namespace, className, reference, method, inputs });
      } finally {
        void readOpen(machineId);
        readAgain(machineId);
      }
    },
    describe: (machineId, namespace, className) =>
      client().wmi.describe({ machineId, namespace, className, fresh: false }),
  };
  return store;
}

export const wmiStore: WmiStore = createWmiStore(consoleClient);
