/** Test support: foreign software in a Python process that answers each line on its standard input with one on its standard output. */
import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

/** The system's, which has Debian's modules. */
const PYTHON = '/usr/bin/python3';
const LIMIT_MS = 15_000;
const MAX_COMPLAINT = 4000;

export interface LinePeer {
  /** To be ended by whoever started it. */
  readonly child: ChildProcess;
  /**
   * The answer to a line; lines go out one at a time, in the order of the asking. Throws, with what it has said on its standard error, where
   * it cannot be started, has ended, or does not answer within the limit (milliseconds).
   */
  ask(line: string, limitMs?: number): Promise<string>;
}

/** `environment` is all it gets. */
export function startLinePeer(script: string, args: readonly string[], environment: NodeJS.ProcessEnv): LinePeer {
  const name = basename(script);
  const child = spawn(PYTHON, [script, ...args], { env: environment });
  let complaint = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT);
  });
  child.stdin.on('error', () => {});
  const failure = new Promise<never>((_resolve, reject) => {
    child.on('error', (cause) => reject(new Error(`${PYTHON} cannot be started.`, { cause })));
  });
  failure.catch(() => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();

  const exchange = async (line: string, limitMs: number): Promise<string> => {
    child.stdin.write(`${line}\n`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const fail = () => reject(new Error(`${name} did not answer within ${limitMs / 1000} s: ${complaint}`));
      timer = setTimeout(fail, limitMs);
    });
    try {
      const answer = await Promise.race([lines.next(), failure, late]);
      if (answer.done) throw new Error(`${name} has ended: ${complaint}`);
      return answer.value;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    child,
    ask(line, limitMs = LIMIT_MS) {
      const asked = last.then(() => exchange(line, limitMs));
      last = asked.catch(() => {});
      return asked;
    },
  };
}
