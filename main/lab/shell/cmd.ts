/** cmd.exe /c LINE: takes a line apart and runs its steps, one after another, as long as nothing interrupts it. */
import { createCodePageDecoder } from '../../wsman/code-page.ts';
import { codePageEncoder } from '../../wsman/code-page-encoder.ts';
import type { CmdState, CommandHost, Outcome } from './cmd-host.ts';
import { expandVariables, parseCmdLine, type SimpleCommand } from './cmd-line.ts';
import { findFile, resolvePath, writeFile } from './file-system.ts';
import { runInteractiveCmd } from './interactive-cmd.ts';
import { createPipe, type Pipe, readLine } from './pipe.ts';
import { controlCExit, Interruption, type LabEnvironment, type Program, type ProgramContext } from './program.ts';
import { programs } from './programs/all.ts';
import { builtIns } from './programs/built-in.ts';

const system32 = 'C:\\Windows\\System32\\';

/** Resolves with the exit code, unsigned 32 bit. Rejects with Interruption where the job is ended. */
export async function runCmd(
  line: string,
  host: CommandHost,
  environment: LabEnvironment,
  directory: string,
): Promise<number> {
  const state: CmdState = { environment, directory };
  return (await runSteps(expandVariables(line, environment), host, state)).exitCode >>> 0;
}

/** The steps of one line, in a cmd.exe that may go on afterwards. */
export async function runSteps(line: string, host: CommandHost, state: CmdState): Promise<Outcome> {
  const steps = parseCmdLine(line);
  if (steps === null) {
    const text = 'The syntax of the command is incorrect.\r\n';
    await host.write('stderr', codePageEncoder(host.codePage)!(text));
    return { exitCode: 1, ends: false };
  }
  let outcome: Outcome = { exitCode: 0, ends: false };
  for (const { when, pipeline } of steps) {
    const { exitCode } = outcome;
    if ((when === 'success' && exitCode !== 0) || (when === 'failure' && exitCode === 0)) continue;
    outcome = await runPipeline(pipeline, host, state);
    if (outcome.ends) return outcome;
  }
  return outcome;
}

async function runPipeline(pipeline: readonly SimpleCommand[], host: CommandHost, state: CmdState): Promise<Outcome> {
  let input = host.stdin;
  const running: Promise<Outcome>[] = [];
  for (const [index, command] of pipeline.entries()) {
    const isLast = index === pipeline.length - 1;
    const pipe = isLast ? null : createPipe();
    const io: StandardStreams = {
      stdin: input,
      stdout: pipe
        ? (bytes) => host.wait((signal) => pipe.write(bytes, signal))
        : (bytes) => host.write('stdout', bytes),
      stderr: (bytes) => host.write('stderr', bytes),
    };
    running.push(runSimple(command, host, state, io).finally(() => pipe?.end()));
    if (pipe) input = pipe;
  }
  const outcomes = await Promise.all(running);
  return outcomes.at(-1) ?? { exitCode: 0, ends: false };
}

type Sink = (bytes: Uint8Array) => Promise<void>;
interface StandardStreams {
  stdin: Pipe;
  stdout: Sink;
  stderr: Sink;
}

async function runSimple(
  command: SimpleCommand,
  host: CommandHost,
  state: CmdState,
  io: StandardStreams,
): Promise<Outcome> {
  const encode = codePageEncoder(host.codePage)!;
  const text = command.text.replace(/^[\s@]+/, '');
  const ended = redirect(command, host, state, io);
  if (ended === null) {
    await io.stderr(encode('The system cannot find the file specified.\r\n'));
    return { exitCode: 1, ends: false };
  }
  const exit = /^exit(?:\s+(.*)|\s*)$/i.exec(text);
  if (exit) {
    const code = Number((exit[1] ?? '').replace(/^\/b\b/i, '').trim() || 0);
    return { exitCode: Number.isInteger(code) ? code : 0, ends: true, exits: true };
  }
  const context = (tail: string): ProgramContext => ({
    machine: host.machine,
    user: host.user,
    codePage: host.codePage,
    environment: state.environment,
    tail,
    get directory() {
      return state.directory;
    },
    set directory(path) {
      state.directory = path;
    },
    read: () => host.wait((signal) => io.stdin.read(signal)),
    readLine: () => readText(host, io.stdin),
    out: (written) => io.stdout(encode(written)),
    err: (written) => io.stderr(encode(written)),
    outBytes: (bytes) => io.stdout(bytes),
    pause: (milliseconds) => host.wait((signal) => sleep(milliseconds, signal)),
  });
  try {
    return { exitCode: await runNamed(text, host, state, context), ends: false };
  } catch (error) {
    if (!(error instanceof Interruption) || error.kind === 'killed') throw error;
    await io.stdout(encode('^C'));
    return { exitCode: controlCExit, ends: true };
  } finally {
    ended();
  }
}

async function runNamed(
  text: string,
  host: CommandHost,
  state: CmdState,
  context: (tail: string) => ProgramContext,
): Promise<number> {
  if (text === '') return 0;
  const inner = /^\(?\s*"?(?:[^"\s]*\\)?cmd(?:\.exe)?"?\s+(?:\/[a-bd-z]\S*\s+)*\/c\s+(.*)$/is.exec(text);
  if (inner) {
    const line = inner[1]!;
    const bare = /^\s*"(.*)"\s*$/s.exec(line)?.[1] ?? line;
    const end = host.startProcess(`${system32}cmd.exe /c ${line}`);
    try {
      return await runCmd(bare, host, state.environment.copy(), state.directory);
    } finally {
      end();
    }
  }
  const own = /^"?(?:[^"\s]*\\)?cmd(?:\.exe)?"?((?:\s+\/\S+)*)\s*$/i.exec(text);
  if (own) {
    const end = host.startProcess(`${system32}cmd.exe${own[1]}`);
    try {
      const inherited = { environment: state.environment.copy(), directory: state.directory };
      return await runInteractiveCmd(own[1]!, host, inherited, runSteps);
    } finally {
      end();
    }
  }
  const builtIn = /^([a-z]+)(?=$|[\s./\\,;:=+(["])/i.exec(text);
  const built = builtIn && builtIns.get(builtIn[1]!.toLowerCase());
  if (built) return built(context(text.slice(builtIn[0].length)));
  const name = /^(?:"([^"]*)"?|(\S+))/.exec(text)!;
  const typed = name[1] ?? name[2]!;
  const found = findProgram(typed);
  if (!found) {
    await context('').err(
      `'${typed}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`,
    );
    return 1;
  }
  return runProgram(found, text.slice(name[0].length), host, context);
}

async function readText(host: CommandHost, stdin: Pipe): Promise<string | null> {
  const bytes = await host.wait((signal) => readLine(stdin, signal));
  if (bytes === null) return null;
  return createCodePageDecoder(host.codePage)
    .decode(bytes)
    .replace(/\r?\n$/, '');
}

/** Runs a program without cmd.exe around it (WINRS_SKIP_CMD_SHELL). Null where there is no such file. */
export function runDirectly(
  command: string,
  tail: string,
  host: CommandHost,
  environment: LabEnvironment,
  directory: string,
): Promise<number> | null {
  // No search path: only a whole path names a program here.
  const found = command.includes('\\') ? findProgram(command) : null;
  if (found === null) return null;
  const encode = codePageEncoder(host.codePage)!;
  return runProgram(found, tail, host, (rest) => ({
    machine: host.machine,
    user: host.user,
    codePage: host.codePage,
    environment,
    tail: rest,
    directory,
    read: () => host.wait((signal) => host.stdin.read(signal)),
    readLine: () => readText(host, host.stdin),
    out: (text) => host.write('stdout', encode(text)),
    err: (text) => host.write('stderr', encode(text)),
    outBytes: (bytes) => host.write('stdout', bytes),
    pause: (milliseconds) => host.wait((signal) => sleep(milliseconds, signal)),
  })).catch((error: unknown) => {
    if (error instanceof Interruption && error.kind !== 'killed') return controlCExit;
    throw error;
  });
}

interface FoundProgram {
  readonly path: string;
  readonly program: Program;
}

async function runProgram(
  { path, program }: FoundProgram,
  tail: string,
  host: CommandHost,
  context: (tail: string) => ProgramContext,
): Promise<number> {
  const end = host.startProcess(`${path}${tail}`);
  try {
    return await program(context(tail));
  } finally {
    end();
  }
}

function findProgram(typed: string): FoundProgram | null {
  const cut = typed.lastIndexOf('\\');
  const folder = typed.slice(0, cut + 1);
  if (folder !== '' && folder.toLowerCase() !== system32.toLowerCase()) return null;
  const name = typed.slice(cut + 1).toLowerCase();
  for (const candidate of [name, `${name}.com`, `${name}.exe`, `${name}.cmd`]) {
    const program = programs.get(candidate);
    if (program) return { path: `${system32}${candidate}`, program };
  }
  return null;
}

/** Puts the redirections into effect. Returns what to do at the end, or null where a file cannot be read. */
function redirect(
  command: SimpleCommand,
  host: CommandHost,
  state: CmdState,
  io: StandardStreams,
): (() => void) | null {
  const atEnd: (() => void)[] = [];
  const sinks: Record<1 | 2, Sink> = { 1: io.stdout, 2: io.stderr };
  for (const { from, to } of command.redirections) {
    if (typeof to === 'number') {
      if (from !== 0) sinks[from] = sinks[to];
      continue;
    }
    const path = to.file.toLowerCase() === 'nul' ? 'nul' : resolvePath(state.directory, to.file);
    if (path === null) return null;
    if (from === 0) {
      const pipe = fileInput(host, path);
      if (pipe === null) return null;
      io.stdin = pipe;
      continue;
    }
    const pieces: Uint8Array[] = [];
    sinks[from] = async (bytes) => {
      if (path !== 'nul') pieces.push(bytes);
    };
    if (path === 'nul') continue;
    atEnd.push(() => {
      const before = to.append ? [...(findFile(host.machine, host.user, path)?.pieces() ?? [])] : [];
      writeFile(host.machine, host.user, path, Buffer.concat([...before, ...pieces]));
    });
  }
  io.stdout = sinks[1];
  io.stderr = sinks[2];
  return () => {
    for (const act of atEnd) act();
  };
}

function fileInput(host: CommandHost, path: string): Pipe | null {
  const file = path === 'nul' ? { text: '', pieces: () => [] } : findFile(host.machine, host.user, path);
  if (file === null) return null;
  const text = file.text === null ? [] : [codePageEncoder(host.codePage)!(file.text)];
  const pieces = [...text, ...file.pieces()];
  return {
    write: async () => {},
    end: () => {},
    read: async () => pieces.shift() ?? null,
    unread: (bytes) => void pieces.unshift(bytes),
  };
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds).unref();
    signal.addEventListener('abort', stop, { once: true });
  });
}
