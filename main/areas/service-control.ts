import { ProblemError } from '../../shared/contract/problem.ts';
import type {
  ActionProgress,
  ServiceAction,
  WindowsService,
  WindowsServiceState,
} from '../../shared/contract/windows-services.ts';
import type { Session } from '../sessions/session.ts';
import { OutcomeUnknownError, wmi } from '../wsman/index.ts';
import { refusal, serviceRefusal } from './return-codes.ts';
import { followLimitMs, followService } from './service-follow.ts';
import { readDependencies, readService, readServices, stopOrder } from './windows-service-model.ts';

type SingleAction = Exclude<ServiceAction, 'restart'>;
const actions: Readonly<
  Record<SingleAction, { method: string; expected: WindowsServiceState; asked: string; done: string }>
> = {
  start: { method: 'StartService', expected: 'Running', asked: 'asked to start', done: 'start' },
  stop: { method: 'StopService', expected: 'Stopped', asked: 'asked to stop', done: 'stop' },
  pause: { method: 'PauseService', expected: 'Paused', asked: 'asked to pause', done: 'pause' },
  resume: { method: 'ResumeService', expected: 'Running', asked: 'asked to resume', done: 'resume' },
};

export interface ControlRequest {
  readonly session: Session;
  readonly name: string;
  readonly action: ServiceAction;
  readonly withDependants: boolean;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Told of every state that is seen on the way. */
  readonly seen: (windowsService: WindowsService) => void;
  readonly push: (progress: ActionProgress) => Promise<void>;
}

/**
 * Asks a service to do something and follows it until it settles. Nothing is asked twice: an answer that was lost is looked for in the
 * service's state. A restart is a stop and a start of the named service, and a start of the dependants that were stopped for it.
 * Throws ProblemError `operation-failed` with the return code in words, `timeout` where it does not settle, `outcome-unknown`.
 */
export async function controlService(request: ControlRequest): Promise<void> {
  const startedAt = request.now();
  const { session, name, action, signal } = request;
  const tell = (windowsService: WindowsService, words: string, settled: boolean) => {
    request.seen(windowsService);
    const elapsedMs = request.now() - startedAt;
    return request.push({ service: windowsService, elapsedMs, limitMs: followLimitMs, settled, words });
  };
  const one = (service: string, single: SingleAction, prefix: string) => runOne(request, service, single, prefix, tell);

  const stopped: string[] = [];
  if (request.withDependants && (action === 'stop' || action === 'restart')) {
    for (const dependant of await runningDependants(session, name, signal)) {
      await one(dependant.name, 'stop', `${dependant.displayName}: `);
      stopped.push(dependant.name);
    }
  }
  let last: WindowsService;
  if (action === 'restart') {
    await one(name, 'stop', '');
    last = await one(name, 'start', '');
    for (const dependant of stopped.reverse()) await one(dependant, 'start', `${dependant}: `);
  } else last = await one(name, action, '');
  await tell(last, last.state, true);
}

async function runningDependants(session: Session, name: string, signal: AbortSignal): Promise<WindowsService[]> {
  return (await readDependants(session, name, signal)).filter(({ state }) => state !== 'Stopped');
}

/** Everything that depends on a service, in the order in which it must stop, running ones before stopped ones. */
export async function readDependants(session: Session, name: string, signal: AbortSignal): Promise<WindowsService[]> {
  return session.run(
    async (client, within) => {
      const [dependencies, services] = [await readDependencies(client, within), await readServices(client, within)];
      const byName = new Map(services.map((windowsService) => [windowsService.name.toLowerCase(), windowsService]));
      const all = stopOrder(name, dependencies.dependantsOf)
        .map((dependant) => byName.get(dependant.toLowerCase()))
        .filter((windowsService) => windowsService !== undefined);
      return [...all.filter(({ state }) => state !== 'Stopped'), ...all.filter(({ state }) => state === 'Stopped')];
    },
    { signal, urgent: true },
  );
}

async function runOne(
  { session, signal, now, sleep }: ControlRequest,
  name: string,
  action: SingleAction,
  prefix: string,
  tell: (windowsService: WindowsService, words: string, settled: boolean) => Promise<void>,
): Promise<WindowsService> {
  const { method, expected, asked } = actions[action];
  const read = () => session.run((client, within) => readService(client, name, within), { signal, urgent: true });
  const before = await read();
  await tell(before, `${prefix}${asked}`, false);
  const lost = await ask(session, name, method, signal);
  const outcome = await followService(before.state, expected, {
    read,
    now,
    sleep: (milliseconds) => sleep(milliseconds, signal),
    progress: (windowsService) => tell(windowsService, `${prefix}${windowsService.state}`, false),
  }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw notReadBack(before, method, lost, error);
  });
  const { windowsService } = outcome;
  if (outcome.kind === 'settled') {
    await tell(windowsService, `${prefix}${windowsService.state}`, false);
    return windowsService;
  }
  if (lost !== null) throw outcomeUnknown(windowsService, method, lost);
  throw outcome.kind === 'time-over' ? timeOver(windowsService, method) : otherState(windowsService, method);
}

/** Invokes the method, once. Returns the error where the answer was lost, throws where the machine said no. */
async function ask(
  session: Session,
  name: string,
  method: string,
  signal: AbortSignal,
): Promise<OutcomeUnknownError | null> {
  const resource = { resourceUri: wmi('Win32_Service'), selectors: [['Name', name]] as const };
  try {
    const { returnValue } = await session.run(
      (client, within) => client.invoke(resource, method, [], { signal: within }),
      {
        signal,
        urgent: true,
      },
    );
    if (returnValue !== 0) throw serviceRefusal(`The service ${name}`, method, returnValue ?? -1);
    return null;
  } catch (error) {
    if (error instanceof OutcomeUnknownError) return error;
    throw error;
  }
}

/** Sets the start mode and reads the service back. */
export async function changeStartMode(
  session: Session,
  name: string,
  startMode: 'Auto' | 'Manual' | 'Disabled',
  signal: AbortSignal,
): Promise<WindowsService> {
  const resource = { resourceUri: wmi('Win32_Service'), selectors: [['Name', name]] as const };
  // ChangeStartMode calls `Automatic` what the property calls `Auto`.
  const value = startMode === 'Auto' ? 'Automatic' : startMode;
  const method = 'ChangeStartMode';
  let lost: OutcomeUnknownError | null = null;
  try {
    const input = [{ name: 'StartMode', type: 'string', value }] as const;
    const { returnValue } = await session.run(
      (client, within) => client.invoke(resource, method, input, { signal: within }),
      {
        signal,
        urgent: true,
      },
    );
    if (returnValue !== 0) throw serviceRefusal(`The service ${name}`, method, returnValue ?? -1);
  } catch (error) {
    if (!(error instanceof OutcomeUnknownError)) throw error;
    lost = error;
  }
  const windowsService = await session
    .run((client, within) => readService(client, name, within), { signal, urgent: true })
    .catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw notReadBack({ displayName: name }, method, lost, error);
    });
  if (lost !== null && !windowsService.startMode.startsWith(startMode))
    throw outcomeUnknown(windowsService, method, lost);
  return windowsService;
}

function outcomeUnknown(
  { displayName, state, startMode }: WindowsService,
  method: string,
  cause: unknown,
): ProblemError {
  return new ProblemError(
    {
      code: 'outcome-unknown',
      message: `The answer to ${method} was lost. ${displayName} is now: ${state}, start mode ${startMode}.`,
      advice: ['It was not asked again by itself. If this is not what you want, ask once more.'],
      retryable: true,
    },
    { cause },
  );
}

/** It was asked, and how it is now cannot be seen: neither a success nor a failure. */
function notReadBack(
  { displayName }: Pick<WindowsService, 'displayName'>,
  method: string,
  lost: OutcomeUnknownError | null,
  cause: unknown,
): ProblemError {
  const asked = lost === null ? `The machine accepted ${method}` : `The answer to ${method} was lost`;
  const why = cause instanceof Error ? ` ${cause.message}` : '';
  return new ProblemError(
    {
      code: 'outcome-unknown',
      message: `${asked}, but the state of ${displayName} could not be read since.${why}`,
      advice: ['It was not asked again by itself. See its state once the machine answers, and ask again only then.'],
      retryable: true,
    },
    { cause },
  );
}

function timeOver({ displayName, state }: WindowsService, method: string): ProblemError {
  return new ProblemError({
    code: 'timeout',
    message: `${displayName} is still ${state}, ${followLimitMs / 1000} s after ${method}.`,
    advice: ['It may still settle. See its entries in the event log if it does not.'],
    retryable: false,
    technical: state,
  });
}

/** The request was accepted, and yet: a service that starts and ends at once is the usual case. */
function otherState({ displayName, state, exitCode }: WindowsService, method: string): ProblemError {
  const why = exitCode === null ? '' : ` It ended with code ${exitCode}.`;
  const meaning = `The request was accepted, but the service is ${state}.${why}`;
  return refusal(
    displayName,
    { method, returnValue: exitCode ?? 0, meaning },
    'See its entries in the System and Application event logs.',
  );
}
