/** sc and net, over the same service control manager as Win32_Service. */
import type { SimulatedMachine } from '../../simulated-machine.ts';
import type { WindowsServiceRecord } from '../../world/windows-services.ts';
import { type Program, type ProgramContext, words } from '../program.ts';

/** Win32 errors by the return codes of Win32_Service. */
const win32Errors: ReadonlyMap<number, readonly [code: number, text: string]> = new Map([
  [2, [5, 'Access is denied.']],
  [3, [1051, 'A stop control has been sent to a service that other running services are dependent on.']],
  [4, [1052, 'The requested control is not valid for this service.']],
  [5, [1061, 'The service cannot accept control messages at this time.']],
  [6, [1062, 'The service has not been started.']],
  [7, [1053, 'The service did not respond to the start or control request in a timely fashion.']],
  [10, [1056, 'An instance of the service is already running.']],
  [13, [1068, 'The dependency service or group failed to start.']],
  [14, [1058, 'The service cannot be started, because it is disabled.']],
  [21, [1060, 'The specified service does not exist as an installed service.']],
]);
const noService = win32Errors.get(21)!;

/** Numbers of dwCurrentState (SERVICE_STATUS). */
const states: Readonly<Record<WindowsServiceRecord['state'], string>> = {
  Stopped: '1  STOPPED',
  'Start Pending': '2  START_PENDING',
  'Stop Pending': '3  STOP_PENDING',
  Running: '4  RUNNING',
  'Continue Pending': '5  CONTINUE_PENDING',
  'Pause Pending': '6  PAUSE_PENDING',
  Paused: '7  PAUSED',
};

const hex = (value: number): string => `0x${value.toString(16)}`;

function status(
  machine: SimulatedMachine,
  record: WindowsServiceRecord,
  more: { display?: boolean; pid?: boolean },
): string {
  const { template, state } = record;
  const settled = state === 'Running' || state === 'Paused';
  const controls = `${settled && template.acceptStop ? 'STOPPABLE' : 'NOT_STOPPABLE'}, ${settled && template.acceptPause ? 'PAUSABLE' : 'NOT_PAUSABLE'}, IGNORES_SHUTDOWN`;
  const line = (name: string, value: string): string => `        ${name.padEnd(19)}: ${value}\r\n`;
  return (
    `\r\nSERVICE_NAME: ${template.name} \r\n${more.display ? `DISPLAY_NAME: ${template.displayName}\r\n` : ''}` +
    line('TYPE', template.sharedProcess === null ? '10  WIN32_OWN_PROCESS  ' : '20  WIN32_SHARE_PROCESS  ') +
    line('STATE', `${states[state]} `) +
    `                                (${controls})\r\n` +
    line('WIN32_EXIT_CODE', `${record.exitCode}  (${hex(record.exitCode)})`) +
    line('SERVICE_EXIT_CODE', '0  (0x0)') +
    line('CHECKPOINT', hex(machine.services.checkPoint(record))) +
    line('WAIT_HINT', hex(machine.services.waitHint(record))) +
    (more.pid ? line('PID', String(record.processId)) + line('FLAGS', '') : '')
  );
}

/** What sc calls them, and what WMI does. */
const startModes: ReadonlyMap<string, string> = new Map([
  ['auto', 'Automatic'],
  ['delayed-auto', 'Automatic'],
  ['demand', 'Manual'],
  ['disabled', 'Disabled'],
]);

export const sc: Program = async (context) => {
  const { machine } = context;
  const [verb = '', ...rest] = words(context.tail);
  const refused = async (function_: string, [code, text]: readonly [number, string]): Promise<number> => {
    await context.out(`[SC] ${function_} FAILED ${code}:\r\n\r\n${text}\r\n\r\n`);
    return code;
  };
  switch (verb.toLowerCase()) {
    case 'query':
    case 'queryex': {
      const [name] = rest.filter((word) => !word.endsWith('='));
      const pid = verb.toLowerCase() === 'queryex';
      if (name !== undefined && name.toLowerCase() !== 'all') {
        const record = machine.services.find(name);
        if (!record) return refused('EnumQueryServicesStatus:OpenService', noService);
        await context.out(status(machine, record, { pid }));
        return 0;
      }
      for (const record of machine.services.all()) {
        // Without "state= all" only those that are active are listed.
        if (name === undefined && record.state === 'Stopped') continue;
        await context.out(status(machine, record, { display: true, pid }));
      }
      return 0;
    }
    case 'start': {
      const record = machine.services.find(rest[0] ?? '');
      if (!record) return refused('StartService: OpenService', noService);
      const code = machine.services.start(record.template.name);
      if (code !== 0) return refused('StartService', win32Errors.get(code) ?? [code, '']);
      await context.out(status(machine, machine.services.find(record.template.name)!, { pid: true }));
      return 0;
    }
    case 'stop': {
      const record = machine.services.find(rest[0] ?? '');
      if (!record) return refused('ControlService: OpenService', noService);
      const code = record.state === 'Stopped' ? 6 : stopService(machine, record);
      if (code !== 0) return refused('ControlService', win32Errors.get(code) ?? [code, '']);
      await context.out(status(machine, machine.services.find(record.template.name)!, {}));
      return 0;
    }
    case 'config': {
      const record = machine.services.find(rest[0] ?? '');
      if (!record) return refused('OpenService', noService);
      const at = rest.findIndex((word) => word.toLowerCase() === 'start=');
      const mode = startModes.get(rest[at + 1]?.toLowerCase() ?? '');
      if (at < 1 || mode === undefined) {
        await context.out(
          '[SC] ChangeServiceConfig: the option is not one of start= auto|delayed-auto|demand|disabled\r\n',
        );
        return 1639;
      }
      machine.services.changeStartMode(record.template.name, mode);
      await context.out('[SC] ChangeServiceConfig SUCCESS\r\n');
      return 0;
    }
    default:
      await context.out(`*** Unrecognized Command ***\r\n`);
      return 1639;
  }
};

function stopService(machine: SimulatedMachine, record: WindowsServiceRecord): number {
  const code = machine.services.stop(record.template.name);
  if (code === 0 && record.template.name.toLowerCase() === 'winrm') machine.stopListening();
  return code;
}

export const net: Program = async (context) => {
  const [verb = '', ...rest] = words(context.tail);
  const name = rest.filter((word) => !word.startsWith('/')).join(' ');
  const lower = verb.toLowerCase();
  if (lower !== 'start' && lower !== 'stop') {
    await context.err('The syntax of this command is:\r\n\r\nNET [ START | STOP ]\r\n\r\n');
    return 1;
  }
  if (name === '') {
    if (lower === 'stop') {
      await context.err('The syntax of this command is:\r\n\r\nNET STOP service\r\n\r\n');
      return 1;
    }
    const running = context.machine.services.all().filter(({ state }) => state !== 'Stopped');
    const names = running.map(({ template }) => template.displayName).sort();
    const list = names.map((display) => `   ${display}\r\n`).join('');
    await context.out(
      `These Windows services are started:\r\n\r\n${list}\r\nThe command completed successfully.\r\n\r\n`,
    );
    return 0;
  }
  const record = findByAnyName(context.machine, name);
  if (!record) return refuse(context, 'The service name is invalid.', 2185);
  return lower === 'start'
    ? netStart(context, record)
    : netStop(
        context,
        record,
        rest.some((word) => /^\/y(es)?$/i.test(word)),
      );
};

/** `net` takes the display name as well. */
function findByAnyName(machine: SimulatedMachine, name: string): WindowsServiceRecord | undefined {
  const lower = name.toLowerCase();
  return (
    machine.services.find(name) ??
    machine.services.all().find(({ template }) => template.displayName.toLowerCase() === lower)
  );
}

async function refuse({ err }: ProgramContext, text: string, helpNumber: number): Promise<number> {
  await err(`${text}\r\n\r\nMore help is available by typing NET HELPMSG ${helpNumber}.\r\n\r\n`);
  return 2;
}

async function failed({ err }: ProgramContext, code: number): Promise<number> {
  const [number, text] = win32Errors.get(code) ?? [code, 'The service control manager refused.'];
  await err(`System error ${number} has occurred.\r\n\r\n${text}\r\n\r\n`);
  return 2;
}

async function netStart(context: ProgramContext, record: WindowsServiceRecord): Promise<number> {
  const { name, displayName } = record.template;
  const code = context.machine.services.start(name);
  if (code === 10) return refuse(context, 'The requested service has already been started.', 2182);
  if (code !== 0 && code !== 7) return failed(context, code);
  await context.out(`The ${displayName} service is starting.\r\n`);
  const state = await settle(context, name);
  if (state !== 'Running') {
    await context.err(`The ${displayName} service could not be started.\r\n\r\n`);
    return refuse(context, 'The service did not report an error.', 3534);
  }
  await context.out(`The ${displayName} service was started successfully.\r\n\r\n`);
  return 0;
}

async function netStop(context: ProgramContext, record: WindowsServiceRecord, isForced: boolean): Promise<number> {
  const { name, displayName } = record.template;
  if (record.state === 'Stopped') return refuse(context, `The ${displayName} service is not started.`, 3521);
  const dependents = context.machine.services.dependentsOf(name).filter(({ state }) => state !== 'Stopped');
  if (dependents.length > 0) {
    const list = dependents.map(({ template }) => `   ${template.displayName}\r\n`).join('');
    await context.out(
      `The following services are dependent on the ${displayName} service.\r\nStopping the ${displayName} service will also stop these services.\r\n\r\n${list}\r\n`,
    );
    if (!isForced) {
      await context.out('Do you want to continue this operation? (Y/N) [N]: ');
      const answer = await context.read();
      if (!/^\s*y/i.test(Buffer.from(answer ?? []).toString('latin1'))) {
        await context.err('\r\nNo valid response was provided.\r\n');
        return 2;
      }
    }
    for (const dependent of dependents) {
      const code = await netStop(context, dependent, true);
      if (code !== 0) return code;
    }
  }
  const code = stopService(context.machine, record);
  if (code !== 0) return failed(context, code);
  await context.out(`The ${displayName} service is stopping.\r\n`);
  await settle(context, name);
  await context.out(`The ${displayName} service was stopped successfully.\r\n\r\n`);
  return 0;
}

/** Waits until the service is in no pending state; the machine's pending time bounds it. */
async function settle({ machine, pause }: ProgramContext, name: string): Promise<WindowsServiceRecord['state']> {
  for (;;) {
    const { state } = machine.services.find(name)!;
    if (!state.endsWith('Pending')) return state;
    await pause(20);
  }
}
