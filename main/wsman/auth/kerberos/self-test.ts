/**
 * Whether a GSS-API library does what we think it does, found out in a child process: a wrong ABI ends that process and not the console.
 * Run before GSS.framework is loaded on a Mac, since no Mac was there when this was written. What it proves: the functions are there, names
 * and buffers go in and out, structures of names, OIDs, buffers and bindings are laid out as declared, and a context that cannot be had fails
 * with a status that makes sense. What it cannot prove without a KDC: the layout of the exported key (which Apple's headers give as MIT's and
 * Heimdal's do, and `readLucid` looks at before believing it), and signing in.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the child prints last when all is well. */
export const PASSED = 'gss-self-test: passed';
const CHILD = new URL('./self-test-child.ts', import.meta.url);
const limitMs = 20_000;
const MAX_OUTPUT = 10_000;

/** Runs the test of one library in another process. True where it passed, false for anything else. Never rejects. */
export type SelfTestRunner = (library: string) => Promise<boolean>;

let runner: SelfTestRunner | null = null;
const results = new Map<string, Promise<boolean>>();

/**
 * For a host that cannot start Node by its own executable: Electron, whose fuse against that is set. It runs `runSelfTest` of
 * self-test-child.ts in a utility process. Without this, Kerberos through GSS.framework stays off there.
 */
export function setSelfTestRunner(run: SelfTestRunner): void {
  runner = run;
}

/** The verdict on one library, found once per process. */
export function passesSelfTest(library: string): Promise<boolean> {
  const known = results.get(library);
  if (known) return known;
  const run = runner ?? (process.versions['electron'] === undefined ? runInChild : async () => false);
  const result = run(library).catch(() => false);
  results.set(library, result);
  return result;
}

/** With Node. `script` and `timeLimitMs` are for tests. */
export function runInChild(library: string, script: URL = CHILD, timeLimitMs: number = limitMs): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(script), library], {
      // No tickets and no configuration: it shall fail at once, not ask somebody's KDC.
      env: { PATH: process.env['PATH'] ?? '', KRB5_CONFIG: '/dev/null', KRB5CCNAME: 'MEMORY:self-test' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: timeLimitMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (output.length < MAX_OUTPUT) output += chunk.toString('latin1');
    });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0 && output.trimEnd().endsWith(PASSED)));
  });
}
