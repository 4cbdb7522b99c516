import { createInterface } from 'node:readline';
import type { Port } from '../../shared/rpc/port.ts';
import type { Environment, LabFleet } from '../environment.ts';
import { prepareEnvironment, startFailure } from '../host-environment.ts';
import { ensureBuilt, rendererFolder } from './ensure-built.ts';
import { hasDisplay, writeRedirectFile } from './open-browser.ts';
import { startWebHost, type WebHost } from './server.ts';
import { tokenLifeMs } from './token.ts';

/** What the web host needs of the console: `createConsole`, or something like it in a test. */
export type OpenConsole = (environment: Environment) => Promise<{ serve(port: Port): void; close(): Promise<void> }>;

export interface WebHostOptions {
  readonly port: number;
  /** Whether to open a browser, where there is a display. */
  readonly open: boolean;
  readonly demo: boolean;
  /** A renderer that is built already, somewhere else than usual. */
  readonly rendererFolder?: string;
  /** How a file is shown in the browser; the system's way unless given. */
  readonly openFile?: (path: string) => Promise<unknown>;
}

/** How long an orderly end may take before the process ends anyway. */
const closeLimitMs = 10_000;

/**
 * Runs the console for a browser until SIGINT, SIGTERM or SIGHUP, and returns the exit code: 0, or 1 after one line that says why it
 * could not start. Standard output gets one JSON line when it is ready; every other word goes to standard error.
 */
export async function runWebHost(
  options: WebHostOptions,
  openConsole: OpenConsole,
  startLab: () => Promise<LabFleet>,
): Promise<number> {
  const openFile = options.openFile ?? openBySystem;
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const closers: (() => Promise<void> | void)[] = [];
  const interrupted = signalled();
  try {
    if (options.rendererFolder === undefined) await ensureBuilt(log);
    let console: Awaited<ReturnType<OpenConsole>> | undefined;
    // The port first: whether it is free is known at once, while a console takes a moment. Nobody can come in before the url is out.
    const whenEntered = new Set<() => void>();
    const host = await startWebHost({
      port: options.port,
      rendererFolder: options.rendererFolder ?? rendererFolder,
      serve: (port) => console?.serve(port),
      entered: () => {
        for (const react of whenEntered) react();
      },
    });
    closers.push(() => host.close());
    const prepared = await prepareEnvironment({ host: 'browser', demo: options.demo, log, startLab });
    closers.push(() => prepared.release());
    console = await openConsole(prepared.environment);
    closers.push(console.close);
    const url = host.newUrl();
    process.stdout.write(`${JSON.stringify({ url, socket: host.socket })}\n`);
    if (options.open) closers.push(await showBrowser(url, openFile, log, whenEntered));
    closers.push(offerNewAddress(host, log));
    await interrupted;
  } catch (error) {
    log(whyNot(error, options.port));
    return 1;
  } finally {
    // The last opened is closed first: the console before its folder goes.
    const timer = setTimeout(() => process.exit(1), closeLimitMs);
    for (const close of closers.reverse()) await close();
    clearTimeout(timer);
  }
  return 0;
}

async function openBySystem(path: string): Promise<void> {
  const { default: open } = await import('open');
  await open(path);
}

/** One Ctrl+C arrives twice where npm (or `timeout`) hands on what the whole group got already; a second one of a person is later. */
const repeatMs = 1_000;

/** Resolves at the first signal; a second one, of somebody who does not want to wait, ends the process at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        firstAt ??= performance.now();
        if (performance.now() - firstAt > repeatMs) process.exit(1);
        resolve();
      });
    }
  });
}

/** Returns what removes the redirect file. */
async function showBrowser(
  url: string,
  openFile: (path: string) => Promise<unknown>,
  log: (line: string) => void,
  whenEntered: Set<() => void>,
): Promise<() => void> {
  if (!hasDisplay(process.platform, process.env)) {
    log(`There is no display here to open a browser on. Open this address within a minute: ${url}`);
    return () => undefined;
  }
  const file = writeRedirectFile(url);
  whenEntered.add(file.remove);
  setTimeout(file.remove, tokenLifeMs).unref();
  try {
    await openFile(file.path);
    log(`Opening the browser. If none appears, open this address within a minute: ${url}`);
  } catch (error) {
    log(`No browser could be opened (${(error as Error).message}). Open this address within a minute: ${url}`);
  }
  return file.remove;
}

/** On a terminal, Enter prints a fresh address: for the second browser, and for whoever came too late. */
function offerNewAddress(host: WebHost, log: (line: string) => void): () => void {
  if (!process.stdin.isTTY) return () => undefined;
  log('Press Enter for a new address, Ctrl+C to end Windeck.');
  const lines = createInterface(process.stdin);
  lines.on('line', () => log(host.newUrl()));
  // readline takes Ctrl+C on a terminal for itself only where it reads keys; here the signal still comes.
  return () => lines.close();
}

/** One line; a stack helps nobody here. */
function whyNot(error: unknown, port: number): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use on 127.0.0.1. Choose another with --port, or none for any free one.`;
  if (code === 'EACCES') return `Port ${port} may not be used by this account. Choose another with --port.`;
  return startFailure(error);
}
