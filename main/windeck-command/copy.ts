/** `windeck copy FILE MACHINE:PATH` and back: files through a PowerShell session, with progress, hash, and never half. */

import { randomUUID } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { basename, join, win32 } from 'node:path';
import { CommandLineError, type Connection } from '../winrm-command/command.ts';
import { printable } from '../winrm-command/text-format.ts';
import type { WinrsEnvironment } from '../winrm-command/winrs-run.ts';
import {
  downloadFile,
  FileTransferError,
  openRunspacePool,
  type RunspacePool,
  type TransferredFile,
  uploadFile,
} from '../wsman/index.ts';
import { parseOwnArguments } from './arguments.ts';
import { onMachine } from './on-machine.ts';
import { explainUnavailable } from './ps.ts';

const help = `windeck copy [switches] FILE MACHINE:PATH
windeck copy [switches] MACHINE:PATH FILE

Copies one file to a machine or from it, through a PowerShell session. It has its
name only once it is there whole and its SHA-256 is the same on both sides.

  windeck copy -u:CORP\\anna setup.msi web01:C:\\Temp\\setup.msi
  windeck copy -u:CORP\\anna web01:C:\\Windows\\WindowsUpdate.log .
  windeck copy -r:https://web01:5986 -u:anna a.txt :C:\\Temp\\a.txt

With -r the machine is named there and nothing stands before the colon.

  -force          replace a file that is there already
  -quiet          no progress
  -format:json    {"path":…,"bytes":…,"sha256":…}
`;

/** A letter alone is a drive of this computer; IPv6 stands in brackets. */
const remoteForm = /^(\[[^\]]+\]|[\p{L}\p{N}._-]{2,})?:(.+)$/su;

interface Plan {
  readonly connection: Connection;
  readonly direction: 'up' | 'down';
  readonly local: string;
  readonly remote: string;
  readonly force: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Reads the arguments; null where help is wanted. Throws CommandLineError. */
export function parseCopy(args: readonly string[]): Plan | null {
  const rules = [
    { name: 'force', spellings: ['force'], value: 'none' },
    { name: 'quiet', spellings: ['q', 'quiet'], value: 'none' },
    { name: 'format', spellings: ['f', 'format'], value: 'required' },
  ] as const;
  // Only what starts with a dash is a switch: an absolute path here may start with a slash.
  const end = args.indexOf('--');
  const words = end < 0 ? args : args.slice(0, end);
  const switches = words.filter((word) => word.startsWith('-'));
  const operands = [...words.filter((word) => !word.startsWith('-')), ...(end < 0 ? [] : args.slice(end + 1))];
  const [from = '', to = ''] = operands;
  const [source, target] = [remoteForm.exec(from), remoteForm.exec(to)];
  const machine = (source ?? target)?.[1];
  const first = parseOwnArguments([...(machine === undefined ? [] : [`-r:${machine}`]), ...switches], rules);
  if (first.help) return null;
  if (operands.length !== 2 || from === '' || to === '')
    throw new CommandLineError('copy takes a file and where to: windeck copy a.txt web01:C:\\Temp\\a.txt.', 2);
  if (source && target)
    throw new CommandLineError('One of the two is a file here; copy does not go from machine to machine.', 2);
  const remote = source ?? target;
  if (!remote)
    throw new CommandLineError('One of the two is on a machine: MACHINE:PATH, as in web01:C:\\Temp\\a.txt.', 2);
  if (!first.connection.remote) throw new CommandLineError('The machine stands before the colon, or in -r.', 2);
  const path = remote[2] ?? '';
  const format = first.own.get('format')?.toLowerCase() ?? 'text';
  if (format !== 'text' && format !== 'json') throw new CommandLineError('The format of copy is text or json.', 2);
  return {
    connection: first.connection,
    direction: target ? 'up' : 'down',
    local: target ? from : to,
    remote: path,
    force: first.own.has('force'),
    quiet: first.own.has('quiet') || format === 'json',
    json: format === 'json',
  };
}

export async function copy(args: readonly string[], environment: WinrsEnvironment): Promise<number> {
  const plan = parseCopy(args);
  if (plan === null) {
    await environment.stdout(help);
    return 0;
  }
  const { signal } = environment;
  // Before a password is asked: what is not there cannot be copied.
  const source = plan.direction === 'up' ? await openSource(plan.local) : null;
  const release = environment.onInterrupt(() => environment.cancel());
  try {
    return await onMachine(plan.connection, environment, {
      open: (client) => openRunspacePool(client, { signal }),
      work: async (pool) => {
        const done =
          source === null ? await fetch(pool, plan, environment) : await send(pool, plan, source, environment);
        await report(plan, done, environment);
        return 0;
      },
      close: (pool) => pool.close(),
      explain: (error) => explainCopy(error) ?? explainUnavailable(error),
    });
  } finally {
    release();
    source?.stream.destroy();
  }
}

function explainCopy(error: unknown): string | null {
  if (!(error instanceof FileTransferError)) return null;
  const more = error.reason === 'exists' ? ' Use -force to replace it.' : '';
  return `Error: ${printable(error.message)}${more}\n`;
}

interface Source {
  readonly stream: ReadStream;
  readonly length: number;
}

async function openSource(path: string): Promise<Source> {
  try {
    const { size, ...facts } = await stat(path).then((found) => ({ size: found.size, isFile: found.isFile() }));
    if (!facts.isFile) throw new CommandLineError(`${path} is no file; copy takes one file at a time.`);
    return { stream: createReadStream(path, { highWaterMark: 256 * 1024 }), length: size };
  } catch (error) {
    if (error instanceof CommandLineError) throw error;
    throw new CommandLineError(
      `The file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
    );
  }
}

async function send(
  pool: RunspacePool,
  plan: Plan,
  source: Source,
  environment: WinrsEnvironment,
): Promise<TransferredFile> {
  const target = /[\\/]$/.test(plan.remote) ? win32.join(plan.remote, basename(plan.local)) : plan.remote;
  const progress = createProgress(plan, source.length, environment);
  const done = await uploadFile(pool, source.stream, target, {
    replace: plan.force,
    signal: environment.signal,
    onProgress: progress.at,
  });
  await progress.end();
  return done;
}

/** Into a file beside the target, which takes its name once all of it is there. */
async function fetch(pool: RunspacePool, plan: Plan, environment: WinrsEnvironment): Promise<TransferredFile> {
  const isFolder = await stat(plan.local).then(
    (found) => found.isDirectory(),
    () => /[\\/]$/.test(plan.local),
  );
  const target = isFolder ? join(plan.local, win32.basename(plan.remote)) : plan.local;
  const temporary = `${target}.${randomUUID()}.part`;
  const download = await downloadFile(pool, plan.remote, { signal: environment.signal });
  const progress = createProgress(plan, download.length, environment);
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(temporary, 'wx');
  } catch (error) {
    throw cannotWrite(temporary, error);
  }
  try {
    let bytes = 0;
    for await (const piece of download) {
      await file.appendFile(piece).catch((error: unknown) => {
        throw cannotWrite(temporary, error);
      });
      bytes += piece.length;
      progress.at(bytes);
    }
    const done = await download.result;
    await file.close();
    await give(temporary, target, plan.force);
    await progress.end();
    return { ...done, path: target };
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}

const noLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * The name in one step; a file that has it gives way only where it may. Throws CommandLineError; `temporary` is then still there. `linkFile`:
 * for tests, since the file systems that have no links are not to be had there.
 */
export async function give(temporary: string, target: string, force: boolean, linkFile = link): Promise<void> {
  try {
    if (force) return await rename(temporary, target);
    try {
      // A link, since renaming would silently replace what came there meanwhile.
      await linkFile(temporary, target);
    } catch (error) {
      if (!noLinks.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      // Not every file system has links: there an empty file takes the name first, which fails where one has it.
      await (await open(target, 'wx')).close();
      return await rename(temporary, target).catch(async (reason: unknown) => {
        await rm(target, { force: true });
        throw reason;
      });
    }
    await rm(temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CommandLineError(`There is a file ${target} already. Use -force to replace it.`);
    throw cannotWrite(target, error);
  }
}

const cannotWrite = (path: string, error: unknown): CommandLineError =>
  new CommandLineError(`The file ${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);

/** Four times a second, for eyes only. */
const progressMs = 250;

function createProgress(plan: Plan, length: number, environment: WinrsEnvironment) {
  const isShown = !plan.quiet && environment.isTerminal.stderr;
  let saidAt = 0;
  return {
    at(bytes: number): void {
      const now = performance.now();
      if (!isShown || now - saidAt < progressMs) return;
      saidAt = now;
      const percent = length === 0 ? 100 : Math.min(100, Math.floor((bytes / length) * 100));
      void environment.stderr(`\r\u001b[K${percent} % of ${amount(length)}`);
    },
    end: (): Promise<void> => (isShown ? environment.stderr('\r\u001b[K') : Promise.resolve()),
  };
}

function amount(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

async function report(plan: Plan, done: TransferredFile, environment: WinrsEnvironment): Promise<void> {
  if (plan.json) return environment.stdout(`${JSON.stringify(done)}\n`);
  await environment.stdout(`${printable(done.path)}: ${amount(done.bytes)}, SHA-256 ${done.sha256}\n`);
}
