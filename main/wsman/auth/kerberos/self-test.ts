/**
 * Whether a GSS-API library does what we think it does, found out in a child process: a wrong ABI ends that process and not the console.
 * Run before GSS.framework is loaded on a Mac, since no Mac was there when this was written. What it proves: the functions are there, names
 * and buffers go in and out, structures of names, OIDs, buffers and bindings are laid out as declared, and a context that cannot be had fails
 * with a status that makes sense. What it cannot prove without a KDC: the layout of the exported key (which Apple's headers give as MIT's and
 * Heimdal's do, and `readLucid` looks at before believing it), and signing in.
 */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** What the child prints last when all is well. */
export const PASSED = 'gss-self-test: passed';
const CHILD = new URL('./self-test-child.ts', import.meta.url);
const LIMIT_MS = 20_000;
const LAST_OUTPUT_MS = 1000;
const MAX_OUTPUT = 10_000;

/** A running child: one of node:child_process, or a utility process of Electron. */
export interface SelfTestChild {
  readonly stdout: NodeJS.ReadableStream | null;
  once(event: 'exit', listener: (code: number | null) => void): unknown;
  kill(): unknown;
}

/** Starts self-test-child.ts with `library` as its argument, its standard output a pipe. `environment` is all it gets. */
export type StartSelfTest = (library: string, environment: Readonly<Record<string, string>>) => SelfTestChild;

/** Electron's executable is no Node there: a fuse against that is set. */
let start: StartSelfTest | null = process.versions['electron'] === undefined ? startWithNode : null;
const results = new Map<string, Promise<boolean>>();

/** For a host that cannot start Node by its own executable. Without this, Kerberos through GSS.framework stays off there. */
export function setStartSelfTest(own: StartSelfTest): void {
  start = own;
}

/** The verdict on one library, found once per process. Never rejects. */
export function passesSelfTest(library: string): Promise<boolean> {
  let result = results.get(library);
  if (result === undefined) {
    result = start === null ? Promise.resolve(false) : runSelfTest(library, start);
    results.set(library, result);
  }
  return result;
}

/** True where the child passed, false for anything else: a crash at the very end counts, whatever was printed before. Never rejects. */
export async function runSelfTest(library: string, starting: StartSelfTest, limitMs = LIMIT_MS): Promise<boolean> {
  let child: SelfTestChild;
  try {
    // No tickets and no configuration: it shall fail at once, not ask somebody's KDC.
    child = starting(library, {
      PATH: process.env['PATH'] ?? '',
      KRB5_CONFIG: '/dev/null',
      KRB5CCNAME: 'MEMORY:self-test',
    });
  } catch {
    return false;
  }
  const { stdout } = child;
  if (stdout === null) return false;
  let output = '';
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => {
      child.kill();
      resolve(null);
    }, limitMs);
  });
  const ended = new Promise<void>((resolve) => stdout.once('close', resolve));
  // What it printed last may come after the news of its end.
  const exited = new Promise<number | null>((resolve) =>
    child.once('exit', (code) => void Promise.race([ended, delay(LAST_OUTPUT_MS)]).then(() => resolve(code))),
  );
  stdout.on('data', (chunk: Buffer) => {
    if (output.length < MAX_OUTPUT) output += chunk.toString('latin1');
  });
  const code = await Promise.race([late, exited]);
  clearTimeout(timer);
  return code === 0 && output.trimEnd().endsWith(PASSED);
}

/** `script` is for tests. */
export function startWithNode(
  library: string,
  environment: Readonly<Record<string, string>>,
  script: URL = CHILD,
): SelfTestChild {
  const child = spawn(process.execPath, [fileURLToPath(script), library], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
    killSignal: 'SIGKILL',
  });
  // Without a process there is no exit either: the limit decides.
  child.once('error', () => {});
  return child;
}
