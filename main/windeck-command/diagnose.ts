/** `windeck diagnose -r:MACHINE …`: why does WinRM not work? The same engine as the console's. */
import { is } from 'valibot';
import {
  type Diagnosis,
  type DiagnosisItem,
  type DiagnosisStep,
  diagnosisStepTitles,
  type Fix,
  OtherMachine,
} from '../../shared/contract/diagnose.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { type DiagnosisWorld, diagnosisLimits } from '../areas/diagnose/engine.ts';
import { systemNetwork } from '../areas/diagnose/network.ts';
import { tellDiagnosis } from '../areas/diagnose/subject.ts';
import { wireProblem } from '../areas/wire-problem.ts';
import { CommandLineError, type Connection } from '../winrm-command/command.ts';
import { withSignIn } from '../winrm-command/sign-in.ts';
import { printable } from '../winrm-command/text-format.ts';
import type { WinrsEnvironment } from '../winrm-command/winrs-run.ts';
import { AuthenticationError, type Target } from '../wsman/index.ts';
import { parseOwnArguments } from './arguments.ts';
import { diagnoseHelp } from './diagnose-help.ts';

const rules = [
  { name: 'format', spellings: ['f', 'format'], value: 'required' },
  { name: 'other', spellings: ['other'], value: 'required' },
] as const;

const formats = ['text', 'json', 'markdown'] as const;
type Format = (typeof formats)[number];

/** 0: it works. 1: something does not. 130: cancelled. */
export async function diagnoseCommand(args: readonly string[], environment: WinrsEnvironment): Promise<number> {
  const { connection, operands, own, help } = parseOwnArguments(args, rules);
  if (help) {
    await environment.stdout(diagnoseHelp);
    return 0;
  }
  if (operands.length > 0) throw new CommandLineError('diagnose takes switches only: the machine goes into -r.', 2);
  const format = formatOf(own.get('format'));
  const other = own.get('other') ?? null;
  if (other !== null && !is(OtherMachine, other))
    throw new CommandLineError('-other takes the name or the address of a machine.', 2);
  const { signal = new AbortController().signal } = environment;
  try {
    const diagnosis = await withTarget(connection, environment, (target, obstacle) =>
      carryOut(target, obstacle, { connection, other, format }, environment, signal),
    );
    await print(diagnosis, format, environment);
    return diagnosis.cause.outcome === 'works' ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    await environment.stderr('Cancelled.\n');
    return 130;
  }
}

function formatOf(text: string | undefined): Format {
  const wanted = text?.toLowerCase() ?? 'text';
  const format = formats.find((each) => each === wanted);
  if (format === undefined) throw new CommandLineError('The format is text, json or markdown.', 2);
  return format;
}

/** What may not be sent as it is said is no reason not to look at the network: the diagnosis says so at the sign-in. */
async function withTarget<T>(
  connection: Connection,
  environment: WinrsEnvironment,
  work: (target: Target, obstacle: AuthenticationError | null) => Promise<T>,
): Promise<T> {
  let isThere = false;
  try {
    return await withSignIn({ verb: 'identify', connection }, environment, (target) => {
      isThere = true;
      return work(target, null);
    });
  } catch (error) {
    if (isThere || !(error instanceof AuthenticationError)) throw error;
    return work(targetWithoutSecret(connection), error);
  }
}

function targetWithoutSecret({ endpoint, authentication, userName, ...rest }: Connection): Target {
  return {
    ...endpoint,
    authentication: authentication.scheme,
    userName,
    password: async () => null,
    trusted: rest.trusted,
    allowClearText: rest.unencrypted,
    tls: { pin: null, skipNameCheck: rest.skipNameCheck, skipAuthorityCheck: rest.skipAuthorityCheck },
  };
}

async function carryOut(
  target: Target,
  obstacle: AuthenticationError | null,
  {
    connection,
    other,
    format,
  }: { readonly connection: Connection; readonly other: string | null; readonly format: Format },
  environment: WinrsEnvironment,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const { host, port, transport, userName, authentication } = target;
  const client = environment.createClient(target);
  const place = { host, port, ...(userName !== null && { userName }) };
  const who = whoOf(connection);
  const world: DiagnosisWorld = {
    target,
    client,
    who,
    // The command knows no other attempts at the account than its own, and that is one.
    signIn: async (_, attempt) => {
      if (obstacle !== null) throw obstacle;
      return attempt();
    },
    toProblem: (error) => wireProblem(error, place) ?? mistake(error),
    network: systemNetwork,
    platform: process.platform,
    limits: diagnosisLimits,
    after: ['config', 'service', 'wmi', 'shell', 'way-back'],
    other,
  };
  const subject = { machineId: null, name: host, address: host, port, transport, signIn: authentication, who, other };
  const notTried: string[] = [];
  const push = async (item: DiagnosisItem) => {
    if (format !== 'text') return;
    // What a failure kept from being tried is one line.
    if (item.kind === 'step' && item.step.state === 'skipped' && item.step.meaning.startsWith('Not tried')) {
      notTried.push(diagnosisStepTitles[item.step.step]);
      return;
    }
    if (item.kind === 'end' && notTried.length > 0) await environment.stdout(`- Not tried: ${notTried.join(', ')}\n`);
    if (item.kind === 'begin')
      await environment.stdout(
        `Diagnosis of ${printable(host)}, ${transport} port ${port}, ${authentication}, ${printable(who)}\n\n`,
      );
    if (item.kind === 'step' && item.step.state !== 'running') await environment.stdout(stepText(item.step));
  };
  try {
    return await tellDiagnosis(world, subject, Date.now, push, signal);
  } finally {
    client.close();
  }
}

function whoOf({ userName, authentication }: Connection): string {
  if (authentication.certificateFile !== null) return 'The holder of the certificate';
  return userName ?? 'The user of this computer';
}

function mistake(error: unknown): Problem {
  const technical = error instanceof Error ? error.name : typeof error;
  return { code: 'internal-error', message: 'Windeck made a mistake.', advice: [], retryable: true, technical };
}

async function print(diagnosis: Diagnosis, format: Format, environment: WinrsEnvironment): Promise<void> {
  if (format === 'markdown') return environment.stdout(diagnosis.markdown);
  if (format === 'json') return environment.stdout(`${JSON.stringify(asJson(diagnosis), null, 2)}\n`);
  return environment.stdout(causeText(diagnosis));
}

/** For scripts: names stay as they are. */
function asJson({ subject, startedAt, milliseconds, steps, cause }: Diagnosis) {
  const { name, address, port, transport, signIn, who, other } = subject;
  return {
    machine: { name, address, port, transport, signIn, who, other },
    startedAt: new Date(startedAt).toISOString(),
    milliseconds,
    cause: { ...cause, fixes: undefined, advice: cause.fixes },
    steps: steps.map((step) => ({
      name: step.step,
      state: step.state,
      milliseconds: step.milliseconds,
      meaning: step.meaning,
      evidence: step.evidence,
      advice: step.fixes,
      problem: step.problem,
    })),
  };
}

const marks: Readonly<Record<DiagnosisStep['state'], string>> = {
  running: ' ',
  passed: '+',
  failed: '!',
  skipped: '-',
};
const titleWidth = Math.max(...Object.values(diagnosisStepTitles).map((title) => title.length));

function stepText({ step, state, milliseconds, meaning, evidence }: DiagnosisStep): string {
  const head = `${marks[state]} ${diagnosisStepTitles[step].padEnd(titleWidth)}  ${`${milliseconds} ms`.padStart(8)}  ${printable(meaning)}`;
  // Of what was passed over there is nothing to see.
  const lines = state === 'skipped' ? [] : evidence.map((line) => `${' '.repeat(titleWidth + 14)}${printable(line)}`);
  return `${[head, ...lines].join('\n')}\n`;
}

function causeText({ cause, milliseconds }: Diagnosis): string {
  const { sentence, detail, candidates, fixes, id } = cause;
  const lines = [
    '',
    printable(sentence),
    ...(detail === '' ? [] : [printable(detail)]),
    ...(candidates.length === 0 ? [] : ['', 'One of these, which look alike from here:']),
    ...candidates.flatMap(({ what, check }) => [`  * ${printable(what)}`, ...fixLines(check, '    ')]),
    ...(fixes.length === 0 ? [] : ['', 'What to do:']),
    ...fixes.flatMap((fix) => fixLines(fix, '  ')),
    '',
    `Cause: ${id}, found in ${milliseconds} ms`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A command stands in a line of its own, so that it can be taken as it stands. */
const fixLines = ({ text, command }: Fix, indent: string): readonly string[] => [
  `${indent}${printable(text)}`,
  ...(command === null ? [] : [`${indent}  ${printable(command)}`]),
];
