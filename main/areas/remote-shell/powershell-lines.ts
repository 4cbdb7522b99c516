/**
 * PowerShell where there is no endpoint of it: each line is a powershell.exe of its own, started by way of cmd with -EncodedCommand. Nothing is
 * kept from line to line but the directory; there are no objects, no questions and no progress then, and the window says so.
 */
import { randomBytes } from 'node:crypto';
import type { ShellEvent, ShellInput } from '../../../shared/contract/remote-shell.ts';
import type { Sink } from '../../../shared/rpc/endpoint.ts';
import {
  createCodePageDecoder,
  openShell,
  type RunningCommand,
  readPowerShellStderr,
  type Shell,
  startPowerShell,
  utf8CodePage,
  type WSManClient,
} from '../../wsman/index.ts';
import { createGatherer } from './gather.ts';
import { createLines } from './lines.ts';

export interface PowerShellLinesOptions {
  readonly sink: Sink<Uint8Array | ShellEvent>;
  readonly up: AsyncIterable<ShellInput>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** A shell of cmd counts its commands against a quota until it is gone (MS-WSMV note 118): it is replaced long before. */
const commandsPerShell = 10;
/** Errors of one line that are kept until it ends: they come as one document. */
const mostStderr = 1024 * 1024;

/** `text` for between single quotation marks: PowerShell takes the typographic ones for the same. */
export const insideQuotes = (text: string): string => text.replace(/['\u2018-\u201b]/g, '$&$&');

/** Ends with `exit`. Throws what opening a shell throws, and what a line ends with that was lost. */
export async function servePowerShellLines(client: WSManClient, options: PowerShellLinesOptions): Promise<void> {
  const { signal, now } = options;
  const window = createGatherer(options.sink);
  const lines = createLines(signal);
  let current: RunningCommand | null = null;
  let isRunning = false;
  /** Ctrl+C came before the line that it is meant for was started. */
  let stopWanted: 'ctrl_c' | 'ctrl_break' | null = null;
  let directory: string | null = null;
  let shell: Shell | null = null;
  let given = 0;

  const setState = (state: 'idle' | 'running'): Promise<void> =>
    window.event({ kind: 'state', state, asks: null, sinceAt: now() });

  async function shellForNext(): Promise<Shell> {
    if (shell !== null && given < commandsPerShell) return shell;
    await shell?.close();
    shell = null;
    shell = await openShell(client, { codePage: utf8CodePage, signal });
    given = 0;
    return shell;
  }

  /** Resolves with the exit code. Behind the line it says where it ended up, by a mark that nobody guesses. */
  async function runLine(line: string): Promise<number> {
    const mark = randomBytes(9).toString('hex');
    const begin = directory === null ? '' : `Set-Location -LiteralPath '${insideQuotes(directory)}'\n`;
    const script = `$ProgressPreference='SilentlyContinue'\n${begin}${line}\n$windeckPlace = Get-Location\n"${mark}$windeckPlace"`;
    const target = await shellForNext();
    given++;
    current = await startPowerShell(target, script, { signal });
    if (stopWanted !== null) current.signal(stopWanted).catch(() => {});
    const decoders = { stdout: createCodePageDecoder(utf8CodePage), stderr: createCodePageDecoder(utf8CodePage) };
    let errors = '';
    let held = '';
    for await (const { stream, bytes } of current) {
      const text = decoders[stream].decode(bytes);
      if (stream === 'stderr') {
        if (errors.length < mostStderr) errors += text;
        continue;
      }
      // The last line is kept until it is known not to be the mark.
      const whole = held + text;
      const cut = whole.lastIndexOf('\n', whole.length - 2) + 1;
      held = whole.slice(cut);
      await window.text('stdout', whole.slice(0, cut));
    }
    const at = held.indexOf(mark);
    await window.text('stdout', at < 0 ? held : held.slice(0, at));
    if (at >= 0) directory = held.slice(at + mark.length).trim() || directory;
    const said = readPowerShellStderr(errors).text;
    if (said !== '') await window.text('stderr', `${said.replace(/\r?\n/g, '\r\n').trimEnd()}\r\n`);
    return current.exitCode;
  }

  void lines
    .follow(options.up, (message) => {
      if (message.kind === 'interrupt') {
        // The terminal has gone to the next line: a prompt belongs there.
        if (!isRunning) lines.put('');
        stopWanted = message.signal;
        current?.signal(message.signal).catch(() => {});
      }
    })
    .catch(() => {});

  try {
    await shellForNext();
    const words =
      'powershell.exe by way of cmd: this machine has no PowerShell endpoint. Each line is a process of its own; variables are not kept.';
    await window.event({ kind: 'opened', shell: 'powershell', by: 'lines', words, codePage: utf8CodePage });
    await window.text('warning', `${words}\r\n`);
    for (;;) {
      await window.text('stdout', `PS ${directory ?? ''}> `);
      isRunning = false;
      await setState('idle');
      await window.event({ kind: 'prompt', directory });
      const line = await lines.next();
      isRunning = true;
      stopWanted = null;
      await setState('running');
      if (line.trim() === '') continue;
      const leaves = /^\s*exit(?:\s+(-?\d{1,9}))?\s*$/i.exec(line);
      if (leaves !== null) {
        await window.event({ kind: 'ended', exitCode: Number(leaves[1] ?? 0), problem: null });
        return;
      }
      try {
        await window.event({ kind: 'exit', exitCode: await runLine(line) });
      } finally {
        current = null;
      }
    }
  } finally {
    await window.flush().catch(() => {});
    await (shell as Shell | null)?.close();
  }
}
