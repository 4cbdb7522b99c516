import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import type {
  QuickconfigFinding,
  QuickconfigGeneration,
  QuickconfigStep,
} from '../../shared/contract/winrm-settings.ts';
import {
  type Analysis,
  analyzeRemoting,
  analyzeService,
  cimSchema,
  type Decoded,
  enableByQuickconfig,
  quickconfigScript,
  readConfig,
  readWinrmFiles,
  type WinrmConfig,
  type WSManClient,
} from '../wsman/index.ts';
import { type AreaContext, onMachine } from './context.ts';
import { query, select } from './query.ts';

/** winrm quickconfig: what is there, what would change, the four actions of the service, else the lines to run at the machine itself. */

const limitMs = 60_000;
const serviceSchema = cimSchema({ Name: 'string', State: 'string', StartMode: 'string' });
const osSchema = cimSchema({ Version: 'string', ProductType: 'uint32' });

type Handlers = Pick<ConsoleHandlers['winrmSettings'], 'quickconfigPreflight' | 'quickconfig' | 'quickconfigScript'>;

export function createQuickconfig(context: AreaContext): Handlers {
  return {
    async quickconfigPreflight({ machineId, transport }, outer) {
      const signal = AbortSignal.any([outer, context.closing, AbortSignal.timeout(limitMs)]);
      const problemOf = (error: unknown): Problem => context.toProblem(error, machineId);
      return onMachine(context, machineId, (session) =>
        session.run(
          async (client, within) => {
            const [os] = await query(client, select(osSchema, 'Win32_OperatingSystem'), osSchema, within);
            const services = await query(
              client,
              select(serviceSchema, 'Win32_Service', "Name='WinRM' OR Name='MpsSvc' OR Name='SharedAccess'"),
              serviceSchema,
              within,
            );
            const config = await attempt(async () => (await readConfig(client, { signal: within })).config);
            const files = await attempt(() => readWinrmFiles(client, { signal: within }));
            const analysis = await attempt(() => analyze(client, transport, within));
            return {
              readAt: context.now(),
              generation: generationOfWindows(os?.Version ?? null, os?.ProductType === 1),
              findings: findingsOf(services, config.value, transport),
              files: files.value ?? [],
              filesProblem: files.error === null ? null : problemOf(files.error),
              analysis: (analysis.value ?? []).flatMap(({ results }) => results),
              unavailable: analysis.error === null ? null : problemOf(analysis.error),
              nothingToDo: analysis.value?.every(({ isEnabled }) => isEnabled) ?? false,
            };
          },
          { signal, urgent: true },
        ),
      );
    },

    async quickconfig({ machineId, transport, force }, sink) {
      const signal = AbortSignal.any([sink.signal, context.closing]);
      const push = (
        step: Pick<QuickconfigStep, 'action' | 'outcome' | 'words'> & Partial<QuickconfigStep>,
      ): Promise<void> => sink.push({ results: [], problem: null, ...step });
      await onMachine(context, machineId, async (session) => {
        const on = <T>(work: (client: WSManClient, within: AbortSignal) => Promise<T>): Promise<T> =>
          session.run(work, { signal, urgent: true });
        const half = async (
          analyse: 'AnalyzeService' | 'Analyze',
          act: 'EnableService' | 'EnableRemoting',
          look: (client: WSManClient, within: AbortSignal) => Promise<Analysis>,
        ): Promise<boolean> => {
          let action: QuickconfigStep['action'] = analyse;
          try {
            await push({ action, outcome: 'running', words: 'Asking what is to be done.' });
            const analysis = await on(look);
            const { isEnabled, isBlocked, results, input } = analysis;
            if (isBlocked) {
              await push({ action, outcome: 'failed', words: 'Group Policy stands in the way.', results });
              return false;
            }
            const words = isEnabled ? 'There is nothing to do.' : 'This is to be done.';
            await push({ action, outcome: 'passed', words, results });
            action = act;
            if (isEnabled || input === null) {
              await push({ action, outcome: 'skipped', words: 'There was nothing to do.' });
              return true;
            }
            await push({ action, outcome: 'running', words: 'Doing it.' });
            const done = await on((client, within) => enableByQuickconfig(client, act, input, { signal: within }));
            context.log(`audit: quickconfig ${act} on ${machineId}`);
            await push({ action, outcome: 'passed', words: 'Done.', results: done });
            return true;
          } catch (error) {
            signal.throwIfAborted();
            const problem = context.toProblem(error, machineId);
            await push({ action, outcome: 'failed', words: problem.message, problem });
            return false;
          }
        };
        const isOn = await half('AnalyzeService', 'EnableService', (client, within) =>
          analyzeService(client, { signal: within }),
        );
        if (isOn)
          await half('Analyze', 'EnableRemoting', (client, within) =>
            analyzeRemoting(client, { transport, force }, { signal: within }),
          );
      });
    },

    quickconfigScript: async (wanted) => quickconfigScript(wanted),
  };
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value: T | null; error: unknown }> {
  try {
    return { value: await work(), error: null };
  } catch (error) {
    return { value: null, error };
  }
}

async function analyze(client: WSManClient, transport: 'HTTP' | 'HTTPS', signal: AbortSignal): Promise<Analysis[]> {
  return [
    await analyzeService(client, { signal }),
    await analyzeRemoting(client, { transport, force: false }, { signal }),
  ];
}

/** By the version of Windows. Vista and Server 2008 share theirs, and differ in how the service starts. */
function generationOfWindows(version: string | null, isClient: boolean): QuickconfigGeneration {
  const [major = 10, minor = 0] = (version ?? '').split('.').map(Number);
  if (major >= 10 || (major === 6 && minor >= 2)) return 'windows-2012';
  if (major === 6 && minor === 1) return 'windows-7-2008r2';
  if (major === 6) return isClient ? 'windows-vista' : 'windows-2008';
  return 'windows-2003';
}

function findingsOf(
  services: readonly Decoded<typeof serviceSchema>[],
  config: WinrmConfig | null,
  transport: 'HTTP' | 'HTTPS',
): QuickconfigFinding[] {
  const serviceOf = (...names: string[]) => services.find(({ Name }) => Name !== null && names.includes(Name));
  const winrm = serviceOf('WinRM');
  const firewall = serviceOf('MpsSvc', 'SharedAccess');
  const settingOf = (path: string): string | undefined =>
    config?.settings.find((setting) => setting.path === path)?.value;
  const listeners = config?.listeners.filter((listener) => listener.transport === transport && listener.enabled) ?? [];
  const remote = settingOf('Service/AllowRemoteAccess');
  const shell = settingOf('Winrs/AllowRemoteShellAccess');
  const isReady = winrm?.State === 'Running' && winrm.StartMode === 'Auto';
  return [
    {
      what: 'service',
      verdict: winrm === undefined ? 'unknown' : isReady ? 'ready' : 'change',
      seen:
        winrm === undefined
          ? 'The service WinRM was not found.'
          : `WinRM is ${winrm.State}, start mode ${winrm.StartMode}.`,
      advice: isReady ? null : 'It is started, and set to start by itself.',
    },
    {
      what: 'firewall',
      verdict: firewall === undefined ? 'unknown' : firewall.State === 'Running' ? 'ready' : 'blocked',
      seen: firewall === undefined ? 'No firewall service was found.' : `${firewall.Name} is ${firewall.State}.`,
      advice:
        firewall?.State === 'Running'
          ? null
          : 'quickconfig fails where the firewall service does not run: start it for that time, or run the lines of the script.',
    },
    {
      what: 'listener',
      verdict: config === null ? 'unknown' : listeners.length > 0 ? 'ready' : 'change',
      seen:
        config === null
          ? 'The listeners could not be read.'
          : listeners.length === 0
            ? `There is no listener for ${transport}.`
            : listeners
                .map(
                  ({ address, port, listeningOn }) =>
                    `${address} port ${port}, on ${listeningOn.join(', ') || 'no address'}`,
                )
                .join('; '),
      advice: listeners.length > 0 ? null : `A listener for ${transport} on all addresses is made.`,
    },
    {
      what: 'remote-access',
      verdict: remote === undefined ? 'unknown' : remote === 'true' ? 'ready' : 'change',
      seen:
        remote === undefined
          ? 'This generation has no AllowRemoteAccess, or it could not be read.'
          : `AllowRemoteAccess is ${remote}.`,
      advice: remote === 'false' ? 'WinRM answers no other computer.' : null,
    },
    {
      what: 'shell',
      verdict: shell === undefined ? 'unknown' : shell === 'true' ? 'ready' : 'change',
      seen: shell === undefined ? 'The Winrs settings could not be read.' : `AllowRemoteShellAccess is ${shell}.`,
      advice: shell === 'false' ? 'New remote shells are refused (winrs).' : null,
    },
  ];
}
