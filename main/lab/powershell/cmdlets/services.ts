/** Get-Service, Start-, Stop- and Restart-Service, over the state that Win32_Service shows too. */
import { itemsOf, propertyOf, textOf } from '../../../wsman/psrp/clixml-plain.ts';
import { type PsValue, psArray, psObject, psProperties } from '../../../wsman/psrp/clixml-types.ts';
import type { WindowsServiceRecord } from '../../world/windows-services.ts';
import type { Cmdlet, CmdletContext } from '../cmdlet.ts';
import { wildcard } from '../compare.ts';
import { ScriptError } from '../script-error.ts';
import type { ScriptHost } from '../script-host.ts';
import { textFor } from '../text-for.ts';

const statusNames: Readonly<Record<string, string>> = {
  Running: 'Running',
  Stopped: 'Stopped',
  Paused: 'Paused',
  'Start Pending': 'StartPending',
  'Stop Pending': 'StopPending',
  'Pause Pending': 'PausePending',
  'Continue Pending': 'ContinuePending',
};
const startTypes: Readonly<Record<string, string>> = {
  Auto: 'Automatic',
  Manual: 'Manual',
  Disabled: 'Disabled',
  Boot: 'Boot',
  System: 'System',
};

/** A ServiceController with the properties, names and types that Windows sends. */
function serviceObject(host: ScriptHost, record: WindowsServiceRecord): PsValue {
  const { template, state } = record;
  const arrayOf = (items: readonly string[]): PsValue => psArray(items, 'System.ServiceProcess.ServiceController[]');
  const dependedOn = arrayOf(template.dependsOn);
  const isSettled = state === 'Running' || state === 'Paused';
  return psObject({
    typeNames: [
      'System.ServiceProcess.ServiceController',
      'System.ComponentModel.Component',
      'System.MarshalByRefObject',
      'System.Object',
    ],
    text: template.name,
    adapted: psProperties({
      CanPauseAndContinue: isSettled && template.acceptPause,
      CanShutdown: isSettled,
      CanStop: isSettled && template.acceptStop,
      DisplayName: template.displayName,
      DependentServices: arrayOf(host.machine.services.dependentsOf(template.name).map((other) => other.template.name)),
      MachineName: '.',
      ServiceName: template.name,
      ServicesDependedOn: dependedOn,
      ServiceHandle: 'SafeServiceHandle',
      Status: statusNames[state] ?? state,
      ServiceType: template.sharedProcess === null ? 'Win32OwnProcess' : 'Win32ShareProcess',
      StartType: startTypes[record.startMode] ?? record.startMode,
      Site: null,
      Container: null,
    }),
    extended: psProperties({ Name: template.name, RequiredServices: dependedOn }),
  });
}

const notFound = (name: string, activity: string): ScriptError =>
  new ScriptError({
    message: `Cannot find any service with service name '${name}'.`,
    exception: ['Microsoft.PowerShell.Commands.ServiceCommandException', 'System.SystemException', 'System.Exception'],
    id: `NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.${activity.replace('-', '')}Command`,
    category: 'ObjectNotFound',
    activity,
    targetName: name,
    targetType: 'String',
    targetObject: name,
  });

/** Services that the arguments or the pipeline name. */
async function* chosen(context: CmdletContext, activity: string): AsyncIterable<WindowsServiceRecord> {
  const { bound, host, report } = context;
  const { services } = host.machine;
  const names: string[] = bound.texts('Name') ?? [];
  const titles = bound.texts('DisplayName');
  if (!bound.has('Name') && titles === null) {
    for await (const piped of context.input) {
      const values = itemsOf(piped) ?? [piped];
      for (const value of values) names.push(textOf(propertyOf(value, 'Name') ?? null) ?? textFor(value));
    }
    if (names.length === 0 && activity === 'Get-Service') names.push('*');
  }
  if (titles !== null) {
    for (const title of titles)
      yield* services.all().filter(({ template }) => wildcard(title).test(template.displayName));
    return;
  }
  for (const name of names) {
    if (!/[*?[]/.test(name)) {
      const record = services.find(name);
      if (record) yield record;
      else await report(notFound(name, activity));
      continue;
    }
    const pattern = wildcard(name);
    const found = services.all().filter(({ template }) => pattern.test(template.name));
    yield* found.sort((a, b) => (a.template.name.toLowerCase() < b.template.name.toLowerCase() ? -1 : 1));
  }
}

const getService: Cmdlet = {
  name: 'Get-Service',
  aliases: ['gsv'],
  parameters: ['Name', 'DisplayName', 'ComputerName'],
  positional: 1,
  async *run(context) {
    for await (const record of chosen(context, 'Get-Service')) yield serviceObject(context.host, record);
  },
};

type Verb = 'Start' | 'Stop';
const refused = (verb: Verb, { template }: WindowsServiceRecord): ScriptError => {
  const title = `${template.displayName} (${template.name})`;
  const words =
    verb === 'Start' ? `Failed to start service '${title}'.` : `Cannot stop service '${title}' on computer '.'.`;
  return new ScriptError({
    message: words,
    exception: ['Microsoft.PowerShell.Commands.ServiceCommandException', 'System.SystemException', 'System.Exception'],
    id: `${verb === 'Start' ? 'StartServiceFailed' : 'CouldNotStopService'},Microsoft.PowerShell.Commands.${verb}ServiceCommand`,
    category: verb === 'Start' ? 'OpenError' : 'OpenError',
    activity: `${verb}-Service`,
    targetName: 'System.ServiceProcess.ServiceController',
    targetType: 'ServiceController',
    targetObject: template.name,
  });
};

/** Waits until the service is where it was sent, as these cmdlets do, two minutes at most. */
async function settle(host: ScriptHost, name: string, wanted: 'Running' | 'Stopped'): Promise<boolean> {
  for (let waited = 0; waited < 120_000; waited += 100) {
    const state = host.machine.services.find(name)?.state;
    if (state === wanted) return true;
    if (state === 'Stopped' && wanted === 'Running' && waited > host.machine.services.pendingMs) return false;
    await host.pause(100);
  }
  return false;
}

async function change(context: CmdletContext, verb: Verb, record: WindowsServiceRecord): Promise<void> {
  const { host, report, bound } = context;
  const { services } = host.machine;
  const { name } = record.template;
  const wanted = verb === 'Start' ? 'Running' : 'Stopped';
  if (record.state === wanted) return;
  if (verb === 'Stop') {
    const dependents = services.dependentsOf(name).filter(({ state }) => state === 'Running');
    if (dependents.length > 0 && !bound.isOn('Force')) {
      await report(
        new ScriptError({
          message: `Cannot stop service '${record.template.displayName} (${name})' because it has dependent services. It can only be stopped if the Force flag is set.`,
          exception: [
            'Microsoft.PowerShell.Commands.ServiceCommandException',
            'System.SystemException',
            'System.Exception',
          ],
          id: 'ServiceHasDependentServices,Microsoft.PowerShell.Commands.StopServiceCommand',
          category: 'InvalidOperation',
          activity: 'Stop-Service',
          targetName: 'System.ServiceProcess.ServiceController',
          targetType: 'ServiceController',
        }),
      );
      return;
    }
    for (const dependent of dependents) await change(context, 'Stop', dependent);
  }
  const code = verb === 'Start' ? services.start(name) : services.stop(name);
  if (code === 0 && name.toLowerCase() === 'winrm') {
    if (verb === 'Stop') host.machine.stopListening();
    else host.machine.startListening();
  }
  if (code !== 0 || !(await settle(host, name, wanted))) await report(refused(verb, record));
}

const changer = (name: string, verbs: readonly Verb[]): Cmdlet => ({
  name,
  parameters: ['Name', 'DisplayName', 'InputObject'],
  positional: 1,
  switches: ['Force', 'PassThru'],
  async *run(context) {
    for await (const record of chosen(context, name)) {
      for (const verb of verbs) await change(context, verb, record);
      if (context.bound.isOn('PassThru')) yield serviceObject(context.host, record);
    }
  },
});

export const serviceCmdlets: readonly Cmdlet[] = [
  getService,
  changer('Start-Service', ['Start']),
  changer('Stop-Service', ['Stop']),
  changer('Restart-Service', ['Stop', 'Start']),
];
