/**
 * Why does WinRM not work? Layer by layer, until one of them says no: name, port, TLS, who answers, which ways to sign in it offers, who it
 * says it is; then one sign-in, and side by side what a console needs of the machine. The first failure that nothing gets past ends it.
 */
import type { DiagnosisStep, DiagnosisStepName } from '../../../shared/contract/diagnose.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import { isLoopback } from '../../winrm-command/remote.ts';
import {
  CancelledError,
  CertificateError,
  type Identity,
  type Target,
  TransportError,
  type WSManClient,
} from '../../wsman/index.ts';
import { certificateCause } from './answer-causes.ts';
import { askWhoAnswers } from './answer-steps.ts';
import type { Cause, Place } from './cause.ts';
import { evidenceOf } from './evidence.ts';
import { errorCause } from './fault-causes.ts';
import type { NetworkEdge } from './network.ts';
import { openPorts, resolveName } from './reach-steps.ts';
import { createRecorder, type Outcome, type Recorder } from './recorder.ts';
import { type AfterSignIn, afterSignIn, signIn } from './signed-in-steps.ts';
import { verdictOf } from './verdict.ts';

/** Milliseconds. `overall` is never exceeded, whatever the target does; the others are how long one layer may take of it. */
export interface DiagnosisLimits {
  readonly overall: number;
  readonly name: number;
  readonly connect: number;
  /** For TLS, for the first answer, for anonymous Identify: each. */
  readonly answer: number;
  /** For each of what is asked after the sign-in. */
  readonly question: number;
}

/** Together below ten seconds even where each layer takes all that it may. */
export const diagnosisLimits: DiagnosisLimits = {
  overall: 9_500,
  name: 2_000,
  connect: 2_500,
  answer: 2_000,
  question: 4_000,
};

/** What a diagnosis works with; the network's edge and the client are handed in. */
export interface DiagnosisWorld {
  readonly target: Target;
  /** A client for it, of which nothing was asked yet. */
  readonly client: WSManClient;
  /** Whom it signs in as; null: nobody (`-auth:none`). */
  readonly who: string | null;
  /** Runs the attempt when it is its turn by the rules against lock-outs. Throws what keeps it from being tried. */
  readonly signIn: <T>(signal: AbortSignal, attempt: () => Promise<T>) => Promise<T>;
  readonly toProblem: (error: unknown) => Problem;
  readonly network: NetworkEdge;
  readonly platform: NodeJS.Platform;
  readonly limits: DiagnosisLimits;
  /** What to ask after the sign-in. */
  readonly after: readonly AfterSignIn[];
  /** The machine that the way back goes to. */
  readonly other: string | null;
}

/** What a step sees. */
export interface StepContext extends DiagnosisWorld {
  readonly place: Place;
  readonly recorder: Recorder;
  /** Aborted when all is over. */
  readonly signal: AbortSignal;
  /** What was learned on the way. */
  readonly facts: Facts;
}

export interface Facts {
  /** As the machine calls itself. */
  computerName: string | null;
  identity: Identity | null;
  /** The service does not start by itself after a restart. */
  byHand: boolean;
}

export interface DiagnosisResult {
  readonly steps: readonly DiagnosisStep[];
  readonly verdict: ReturnType<typeof verdictOf>;
  readonly milliseconds: number;
}

/** Resolves within `limits.overall`; throws only when the outer signal aborts. `tell` gets each step as running and as it went. */
export async function diagnose(
  world: DiagnosisWorld,
  tell: (step: DiagnosisStep) => void,
  outer: AbortSignal,
): Promise<DiagnosisResult> {
  const { target } = world;
  const startedAt = performance.now();
  const limit = AbortSignal.timeout(world.limits.overall);
  const signal = AbortSignal.any([outer, limit]);
  const place: Place = {
    host: target.host,
    port: target.port,
    transport: target.transport,
    isLocal: isLoopback(target.host),
    platform: world.platform,
    userName: target.userName,
  };
  const failed = (step: DiagnosisStepName, error: unknown): Outcome => {
    outer.throwIfAborted();
    const isOurs = error instanceof CancelledError || (error instanceof Error && error.name === 'TimeoutError');
    return failure(world, place, step, isOurs ? lateError(error) : error);
  };
  const recorder = createRecorder(tell, failed, signal);
  const facts: Facts = { computerName: null, identity: null, byHand: false };
  await layers({ ...world, place, recorder, signal, facts });
  outer.throwIfAborted();
  const reason = limit.aborted ? 'Not tried: the time was over.' : 'Not tried, since an earlier step failed.';
  const steps = recorder.finish(reason);
  return {
    steps,
    verdict: verdictOf(place, recorder, facts),
    milliseconds: Math.round(performance.now() - startedAt),
  };
}

async function layers(context: StepContext): Promise<void> {
  const { recorder, target } = context;
  const addresses = await resolveName(context);
  if (addresses === null) return;
  if (!(await openPorts(context, addresses))) return;
  if (!(await askWhoAnswers(context))) return;
  if (context.who === null || target.authentication === 'none') {
    const meaning = 'Nobody is named to sign in as.';
    for (const step of ['sign-in', 'signed-in-identify', 'config', 'service', 'wmi', 'shell', 'way-back'] as const) {
      recorder.note(step, { state: 'skipped', meaning });
    }
    return;
  }
  const identity = await signIn(context);
  if (identity !== null) await afterSignIn(context, identity);
}

/** What to make of an error at a step. */
function failure(world: DiagnosisWorld, place: Place, step: DiagnosisStepName, error: unknown): Outcome {
  const problem = world.toProblem(error);
  const { chain, failures } = problem.certificate ?? { chain: [], failures: [] };
  return {
    state: 'failed',
    meaning: problem.message,
    evidence: evidenceOf(problem),
    problem,
    chain,
    trustFailures: failures,
    cause: causeOf(place, step, error, problem),
  };
}

function causeOf(place: Place, step: DiagnosisStepName, error: unknown, problem: Problem): Cause {
  if (error instanceof CertificateError) return certificateCause(place, error, problem.advice);
  return errorCause(place, step, error, problem.advice, problem.message);
}

function lateError(cause: unknown): TransportError {
  return new TransportError('There was no answer in time.', { reason: 'response-timeout', cause });
}
