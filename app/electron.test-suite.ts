import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort as NodeMessagePort } from 'node:worker_threads';

/**
 * A small stand-in for the `electron` module, to load the built bundles against where its binary is missing. It records what it is told and lets a
 * test call back what was registered; message ports are Node's, so that frames are really cloned. The real module is exercised by
 * the Playwright project `electron`, where its binary exists.
 */

type Listener = (...parameters: never[]) => unknown;

export class StandInPort extends EventEmitter {
  readonly #port: NodeMessagePort;
  constructor(port: NodeMessagePort) {
    super();
    this.#port = port;
    port.on('close', () => this.emit('close'));
  }
  start(): void {
    this.#port.on('message', (data: unknown) => this.emit('message', { data, ports: [] }));
  }
  postMessage(message: unknown): void {
    this.#port.postMessage(message);
  }
  close(): void {
    this.#port.close();
  }
}

export class StandInContents extends EventEmitter {
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
  getURL(): string {
    return 'app://windeck/';
  }
}

export class StandInWindow extends EventEmitter {
  static readonly all: StandInWindow[] = [];
  static getAllWindows(): StandInWindow[] {
    return StandInWindow.all;
  }
  readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> };
  readonly loaded: string[] = [];
  readonly calls: string[] = [];
  readonly webContents = new StandInContents();
  constructor(options: StandInWindow['options']) {
    super();
    this.options = options;
    StandInWindow.all.push(this);
    standIn.app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(url: string): Promise<void> {
    this.loaded.push(url);
  }
  show(): void {
    this.calls.push('show');
  }
  focus(): void {
    this.calls.push('focus');
  }
  restore(): void {
    this.calls.push('restore');
  }
  isMinimized(): boolean {
    return true;
  }
}

class StandInApp extends EventEmitter {
  readonly calls: (readonly [string, ...unknown[]])[] = [];
  readonly isPackaged = true;
  hasLock = true;
  ready: Promise<void> = Promise.resolve();
  readonly exited: Promise<number>;
  #exit: (code: number) => void = () => undefined;
  constructor() {
    super();
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }
  getPath(name: string): string {
    return `/stand-in/${name}`;
  }
  setPath(name: string, path: string): void {
    this.calls.push(['setPath', name, path]);
  }
  enableSandbox(): void {
    this.calls.push(['enableSandbox']);
  }
  requestSingleInstanceLock(): boolean {
    this.calls.push(['requestSingleInstanceLock']);
    return this.hasLock;
  }
  whenReady(): Promise<void> {
    this.calls.push(['whenReady']);
    return this.ready;
  }
  quit(): void {
    this.calls.push(['quit']);
  }
  exit(code: number): void {
    this.#exit(code);
  }
}

/** Everything registered on the session, by the name of the setter. */
function createSession() {
  const registered: Record<string, Listener> = {};
  const register = (name: string) => (listener: Listener) => {
    registered[name] = listener;
  };
  const spellChecker: boolean[] = [];
  const schemes: Record<string, (request: Request) => Promise<Response>> = {};
  return {
    registered,
    spellChecker,
    schemes,
    setPermissionRequestHandler: register('request'),
    setPermissionCheckHandler: register('check'),
    setDevicePermissionHandler: register('device'),
    setSpellCheckerEnabled: (enabled: boolean) => void spellChecker.push(enabled),
    webRequest: { onBeforeRequest: register('beforeRequest') },
    protocol: {
      handle(scheme: string, handler: (request: Request) => Promise<Response>) {
        schemes[scheme] = handler;
      },
    },
  };
}

export const standIn = {
  app: new StandInApp(),
  BrowserWindow: StandInWindow,
  Menu: {
    applied: [] as { role?: string; submenu?: { role?: string }[] }[][],
    buildFromTemplate: (template: unknown) => template,
    setApplicationMenu(template: never) {
      standIn.Menu.applied.push(template);
    },
  },
  dialog: {
    showErrorBox: (...words: string[]) => void standIn.errors.push(words),
    showMessageBoxSync(_window: unknown, options: { message: string; buttons: string[]; defaultId: number }): number {
      standIn.asked.push(options.message);
      return standIn.answer === null ? options.defaultId : options.buttons.indexOf(standIn.answer);
    },
  },
  /** The button that is pressed; null for Enter. */
  answer: null as string | null,
  asked: [] as string[],
  errors: [] as string[][],
  ipcMain: new EventEmitter(),
  nativeTheme: { shouldUseDarkColors: true },
  protocol: {
    privileged: [] as unknown[],
    registerSchemesAsPrivileged: (schemes: unknown[]) => void standIn.protocol.privileged.push(...schemes),
  },
  session: { defaultSession: createSession() },
  shell: {
    opened: [] as string[],
    async openExternal(url: string) {
      standIn.shell.opened.push(url);
    },
  },
  utilityProcess: {
    forked: [] as { script: string; options: Record<string, unknown> }[],
    /** A process of Node, which a utility process is too. */
    fork(script: string, scriptArguments: readonly string[], options: Record<string, unknown>): ChildProcess {
      standIn.utilityProcess.forked.push({ script, options });
      return spawn(process.execPath, [script, ...scriptArguments], {
        env: options['env'] as Record<string, string>,
        stdio: options['stdio'] as StdioOptions,
      });
    },
  },
  contextBridge: {
    exposed: new Map<string, Record<string, (argument: unknown) => void>>(),
    /** As the real bridge: values are copied on their way, functions are wrapped. */
    exposeInMainWorld(name: string, api: Record<string, (argument: unknown) => void>) {
      const copy = (value: unknown): unknown =>
        typeof value === 'function'
          ? (argument: unknown) => void (value as Listener)(copy(argument) as never)
          : structuredClone(value);
      const bridged = Object.entries(api).map(([key, call]) => [key, (argument: unknown) => call(copy(argument))]);
      standIn.contextBridge.exposed.set(name, Object.fromEntries(bridged) as Record<string, () => void>);
    },
  },
  ipcRenderer: {
    posted: [] as { channel: string; message: unknown; ports: StandInPort[] }[],
    postMessage(channel: string, message: unknown, transfer: NodeMessagePort[]) {
      standIn.ipcRenderer.posted.push({ channel, message, ports: transfer.map((port) => new StandInPort(port)) });
    },
  },
};

/** Lays the stand-in out as the package `electron` in `folder`, for what is loaded from below it. */
export function installStandIn(folder: string): void {
  (globalThis as { electronStandIn?: unknown }).electronStandIn = standIn;
  const target = join(folder, 'node_modules', 'electron');
  mkdirSync(target, { recursive: true });
  const names = Object.keys(standIn).join(', ');
  writeFileSync(
    join(target, 'package.json'),
    '{"name":"electron","exports":{"import":"./index.mjs","require":"./index.cjs"}}',
  );
  writeFileSync(join(target, 'index.cjs'), 'module.exports = globalThis.electronStandIn;\n');
  writeFileSync(join(target, 'index.mjs'), `export const { ${names} } = globalThis.electronStandIn;\n`);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
}

/** Runs the built main bundle. */
export const loadMain = (dist: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(dist, 'main.js')).href);

/** Runs the built preload as for a new page; returns what it gave to the page and what it handed to the main process. */
export function loadPreload(dist: string) {
  const require = createRequire(join(dist, 'preload.cjs'));
  const path = require.resolve('./preload.cjs');
  delete require.cache[path];
  require(path);
  return { page: standIn.contextBridge.exposed, posted: standIn.ipcRenderer.posted.at(-1)! };
}

/** A pair of ports as a foreign frame could send one: what the main process gets, and the sender's end. */
export function strangerPort(): { port: StandInPort; own: NodeMessagePort } {
  const { port1, port2 } = new MessageChannel();
  return { port: new StandInPort(port2), own: port1 };
}
