import { ns } from '../wsman/namespaces.ts';
import { child, escapeXml, type XmlElement } from '../wsman/xml.ts';
import { LabFault } from './faults.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/**
 * The actions of winrm/config/service behind `winrm quickconfig`. An analysis names the steps, and hands out the input of its second half;
 * what stands in that input is the machine's own affair, so it is taken back only as it was given.
 */

const uri = `${ns.config}/service`;

const output = (action: string, inner: string): string =>
  `<cfg:${action}_OUTPUT xmlns:cfg="${uri}">${inner}</cfg:${action}_OUTPUT>`;
const results = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : `<cfg:Results>${escapeXml(lines.join('\n'))}</cfg:Results>`;

export function invokeQuickconfig(machine: SimulatedMachine, action: string, body: XmlElement | null): string {
  if (body === null || body.local.toLowerCase() !== `${action.toLowerCase()}_input`) throw new LabFault(2150858817);
  switch (action.toLowerCase()) {
    case 'analyzeservice':
      return analysis('AnalyzeService', 'EnableService', serviceSteps(machine));
    case 'enableservice':
      return enabled('EnableService', perform(serviceSteps(machine), body));
    case 'analyze':
      return analyze(machine, body);
    case 'enableremoting':
      return enabled('EnableRemoting', perform(remotingSteps(machine, transportOf(body)), body));
    default:
      throw new LabFault(2150858753);
  }
}

interface Step {
  readonly name: string;
  /** Before: what has to be done. After: what was done. */
  readonly todo: string;
  readonly done: string;
  readonly run: () => void;
}

function analysis(action: string, next: string, steps: readonly Step[], extra = ''): string {
  const list = steps.map(({ name }) => `<cfg:${name}/>`).join('');
  const input = steps.length === 0 ? '' : `<cfg:${next}_INPUT>${extra}${list}</cfg:${next}_INPUT>`;
  return output(
    action,
    `<cfg:RemotingEnabled>${steps.length === 0}</cfg:RemotingEnabled>${results(steps.map(({ todo }) => todo))}${input}`,
  );
}

const enabled = (action: string, done: readonly string[]): string =>
  output(action, `<cfg:Status>succeeded</cfg:Status>${results(done)}`);

function perform(steps: readonly Step[], body: XmlElement): string[] {
  const wanted = steps.filter(({ name }) => child(body, name) !== undefined);
  for (const step of wanted) step.run();
  return wanted.map(({ done }) => done);
}

function serviceSteps(machine: SimulatedMachine): Step[] {
  const record = machine.services.find('WinRM')!;
  const steps: Step[] = [];
  if (record.startMode !== 'Auto') {
    steps.push({
      name: 'SetStartMode',
      todo: 'Set the WinRM service type to delayed auto start.',
      done: 'WinRM service type changed to delayed auto start.',
      run: () => {
        machine.services.changeStartMode('WinRM', 'Automatic');
        record.delayed = true;
      },
    });
  }
  return steps;
}

function analyze(machine: SimulatedMachine, body: XmlElement): string {
  const transport = transportOf(body);
  if (machine.services.find('MpsSvc')?.state !== 'Running')
    throw new LabFault(2147943515, {
      text: 'The firewall service is not running, so its exceptions cannot be checked.',
    });
  const steps = remotingSteps(machine, transport);
  const filter = machine.winrmConfig.find('Service/IPv4Filter');
  if (
    machine.winrmConfig.text('Service/IPv4Filter') === '' &&
    filter &&
    'source' in filter &&
    filter.source === 'GPO'
  ) {
    return output(
      'Analyze',
      `<cfg:RemotingEnabled Source="GPO">false</cfg:RemotingEnabled>${results(['A policy keeps the service from listening on any address.'])}`,
    );
  }
  return analysis('Analyze', 'EnableRemoting', steps, `<cfg:Transport>${transport.toLowerCase()}</cfg:Transport>`);
}

function transportOf(body: XmlElement): 'HTTP' | 'HTTPS' {
  const text = child(body, 'Transport')?.text.trim().toUpperCase() ?? 'HTTP';
  if (text !== 'HTTP' && text !== 'HTTPS') throw new LabFault(2150858817);
  return text;
}

function remotingSteps(machine: SimulatedMachine, transport: 'HTTP' | 'HTTPS'): Step[] {
  const { winrmConfig } = machine;
  const steps: Step[] = [];
  const has = winrmConfig.listeners.some(
    (listener) => listener.address === '*' && listener.transport === transport && listener.enabled,
  );
  if (!has) {
    const certificate = machine
      .certificates()
      .find((candidate) => candidate.isForServers && candidate.keyPem !== null && candidate.validToAt > Date.now());
    if (transport === 'HTTPS' && !certificate) throw new LabFault(2150859029);
    const words = `WinRM listener on ${transport}://* to accept WS-Man requests to any IP on this machine.`;
    steps.push({
      name: 'CreateListener',
      todo: `Create a ${words}`,
      done: `Created a ${words}`,
      run: () => {
        const old = winrmConfig.listeners.find(
          (listener) => listener.address === '*' && listener.transport === transport,
        );
        if (old) old.enabled = true;
        else {
          winrmConfig.listeners.push({
            address: '*',
            transport,
            port: winrmConfig.number(`Service/DefaultPorts/${transport}`),
            hostname: transport === 'HTTPS' ? certificate!.commonName : '',
            enabled: true,
            urlPrefix: 'wsman',
            certificateThumbprint: transport === 'HTTPS' ? certificate!.thumbprint : '',
            source: null,
          });
        }
        machine.listener.update();
      },
    });
  }
  if (!winrmConfig.isFirewallOpen) {
    steps.push({
      name: 'OpenFirewall',
      todo: 'Enable the WinRM firewall exception.',
      done: 'WinRM firewall exception enabled.',
      run: () => {
        winrmConfig.isFirewallOpen = true;
        machine.listener.update();
      },
    });
  }
  return steps;
}
