import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './durable-file.ts';

/** A remote shell that this computer opened. No secret: where it is and what it is called there. */
export interface OpenShell {
  readonly shellId: string;
  readonly resourceUri: string;
  readonly host: string;
  readonly port: number;
  readonly openedAt: number;
}

/**
 * Which remote shells are open, kept over a crash: a shell whose console died runs on at its machine until its idle time-out, and nobody but
 * us knows that it is ours.
 */
export interface OpenShells {
  /** What earlier runs did not delete, the oldest first. */
  leftovers(): readonly OpenShell[];
  /** Opened in this run. */
  isOurs(shellId: string): boolean;
  add(shell: OpenShell): void;
  /** It is gone, whoever opened it. */
  remove(shellId: string): void;
  /** Resolves when all of it is on the disk. Never rejects. */
  flush(): Promise<void>;
}

const version = 1;
/** The longest idle time-out of a shell by default is 2 hours; a day later nothing of it is there any more. */
const keptMs = 24 * 60 * 60_000;
/** More are no accident of one run; the oldest are forgotten. */
const mostShells = 5_000;

function isOpenShell(value: unknown): value is OpenShell {
  if (typeof value !== 'object' || value === null) return false;
  const { shellId, resourceUri, host, port, openedAt } = value as Record<string, unknown>;
  return (
    [shellId, resourceUri, host].every((text) => typeof text === 'string' && text.length <= 2000) &&
    Number.isInteger(port) &&
    Number.isFinite(openedAt)
  );
}

/**
 * `open-shells.json` in the data folder. What cannot be read or written is said in the log and costs nothing but the memory of these shells,
 * which their idle time-out ends as well.
 */
export async function openOpenShells(
  dataFolder: string,
  now: () => number,
  log: (line: string) => void,
): Promise<OpenShells> {
  const path = join(dataFolder, 'open-shells.json');
  const before = new Map<string, OpenShell>();
  const current = new Map<string, OpenShell>();
  for (const shell of await read(path, log))
    if (now() - shell.openedAt < keptMs) before.set(keyOf(shell.shellId), shell);

  let writing: Promise<void> | null = null;
  let isDirty = false;
  /** One write at a time; what changes meanwhile is in the next one. */
  async function write(): Promise<void> {
    while (isDirty) {
      isDirty = false;
      const shells = [...before.values(), ...current.values()].slice(-mostShells);
      try {
        await replaceFile(path, `${JSON.stringify({ version, shells }, null, 1)}\n`);
      } catch (error) {
        log(`The file of open shells could not be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
      }
    }
  }
  function changed(): void {
    isDirty = true;
    writing ??= write().finally(() => {
      writing = null;
    });
  }

  return {
    leftovers: () => [...before.values()],
    isOurs: (shellId) => current.has(keyOf(shellId)),
    add(shell) {
      current.set(keyOf(shell.shellId), shell);
      changed();
    },
    remove(shellId) {
      if (current.delete(keyOf(shellId)) || before.delete(keyOf(shellId))) changed();
    },
    flush: async () => {
      await writing;
    },
  };
}

/** WinRM 1.1 has `uuid:` in front; case does not matter anywhere. */
const keyOf = (shellId: string): string => shellId.toLowerCase().replace(/^uuid:/, '');

async function read(path: string, log: (line: string) => void): Promise<readonly OpenShell[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log('The file of open shells could not be read.');
    return [];
  }
  try {
    const file = JSON.parse(text) as { version?: unknown; shells?: unknown };
    if (file.version === version && Array.isArray(file.shells)) return file.shells.filter(isOpenShell);
  } catch {
    // Said below.
  }
  log('The file of open shells cannot be understood; shells of earlier runs are not looked for.');
  return [];
}
