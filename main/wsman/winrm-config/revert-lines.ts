/**
 * The way back as command lines for cmd.exe on the machine itself: what a planted revert runs. Only values that were read go into them; a
 * value that cmd.exe or winrm could take apart is refused instead of quoted by guesswork.
 */
import type { ConfigOperation } from './changes.ts';
import type { ConfigListener } from './configuration.ts';

export interface RevertPlan {
  readonly lines: readonly string[];
  /** What cannot be put back by lines, one sentence each. */
  readonly gaps: readonly string[];
}

/** As `sc config … start=` has it. */
export type ServiceStartMode = 'auto' | 'delayed-auto' | 'demand';

const serviceKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WSMAN\\Service';
/** Registry values of the sign-in schemes, for where winrm itself could not sign in any more (it uses Negotiate, also on the machine itself). */
const schemeValues: ReadonlyMap<string, string> = new Map([
  ['Basic', 'auth_basic'],
  ['Kerberos', 'auth_kerberos'],
  ['Negotiate', 'auth_negotiate'],
]);

/** `@FirewallAPI.dll,-30267` is the rule group “Windows Remote Management” in every language. */
export const firewallLine = (open: boolean): string =>
  `netsh advfirewall firewall set rule group="@FirewallAPI.dll,-30267" new enable=${open ? 'yes' : 'no'}`;

/** `operations` lead from the state afterwards back to the state before. The order is the one in which a machine can follow them. */
export function revertLines(operations: readonly ConfigOperation[], startMode: ServiceStartMode = 'auto'): RevertPlan {
  const registry: string[] = [];
  const winrm: string[] = [];
  const service: string[] = [];
  const firewall: string[] = [];
  const gaps: string[] = [];
  const plugins: string[] = [];
  for (const operation of operations) {
    switch (operation.kind) {
      case 'put-settings': {
        const bad = operation.values.find(([name, value]) => !isName(name) || !isPlain(value));
        if (bad || !isSection(operation.section)) {
          gaps.push(`The value of ${bad?.[0] ?? operation.section} holds characters that a command line cannot carry.`);
          break;
        }
        winrm.push(`winrm set ${alias(operation.section)} ${pairs(operation.values)}`);
        if (operation.section !== 'service/auth') break;
        for (const [name, value] of operation.values) {
          const valueName = schemeValues.get(name);
          if (valueName !== undefined)
            registry.push(`reg add "${serviceKey}" /v ${valueName} /t REG_DWORD /d ${value === 'true' ? 1 : 0} /f`);
        }
        break;
      }
      case 'create-listener':
      case 'put-listener': {
        const { listener } = operation;
        if (!isPlainListener(listener)) {
          gaps.push(gapOfListener(listener));
          break;
        }
        const verb = operation.kind === 'create-listener' ? 'create' : 'set';
        const hostnameBefore = operation.kind === 'put-listener' ? operation.before.hostname : '';
        winrm.push(`winrm ${verb} ${listenerUri(listener)} ${pairs(listenerPairs(listener, hostnameBefore))}`);
        break;
      }
      case 'delete-listener':
        if (!isPlainAddress(operation.listener.address)) {
          gaps.push(gapOfListener(operation.listener));
          break;
        }
        winrm.push(`winrm delete ${listenerUri(operation.listener)}`);
        break;
      case 'create-mapping':
        gaps.push('A deleted certificate mapping cannot be put back: its password cannot be read.');
        break;
      case 'put-mapping':
      case 'delete-mapping': {
        const { mapping } = operation;
        if (![mapping.issuer, mapping.subject, mapping.uri].every(isPlainSelector) || !isPlain(mapping.userName)) {
          gaps.push('The certificate mapping holds characters that a command line cannot carry.');
          break;
        }
        const uri = `winrm/config/service/certmapping?Issuer=${mapping.issuer}+Subject=${mapping.subject}+URI=${mapping.uri}`;
        winrm.push(
          operation.kind === 'delete-mapping'
            ? `winrm delete "${uri}"`
            : `winrm set "${uri}" ${pairs([
                ['UserName', mapping.userName],
                ['Enabled', String(mapping.enabled)],
              ])}`,
        );
        break;
      }
      case 'put-plugin': {
        const { before, plugin } = operation;
        if (!/^[\w .-]+$/.test(plugin.name)) {
          gaps.push(`The plug-in ${plugin.name} has a name that a command line cannot carry.`);
          break;
        }
        const path = `WSMan:\\localhost\\Plugin\\${plugin.name}`;
        const set = (item: string, value: string): void => {
          // PowerShell reads this again, without cmd.exe's quotation marks.
          if (/^[\w\\]+$/.test(item) && /^\w+$/.test(value))
            plugins.push(
              `powershell -NoProfile -NonInteractive -Command Set-Item -LiteralPath '${path}\\${item}' -Value '${value}' -Force`,
            );
          else gaps.push(`The plug-in ${plugin.name} has a value that a command line cannot carry.`);
        };
        if (before.enabled !== plugin.enabled) set('Enabled', String(plugin.enabled));
        if (before.useSharedProcess !== plugin.useSharedProcess)
          set('UseSharedProcess', String(plugin.useSharedProcess));
        if (before.autoRestart !== plugin.autoRestart) set('AutoRestart', String(plugin.autoRestart));
        if (before.processIdleTimeoutSeconds !== plugin.processIdleTimeoutSeconds)
          set('ProcessIdleTimeoutSec', String(plugin.processIdleTimeoutSeconds ?? 0));
        if (before.outputBufferingMode !== plugin.outputBufferingMode)
          set('OutputBufferingMode', plugin.outputBufferingMode ?? 'Block');
        for (const { name, value } of plugin.quotas) {
          if (before.quotas.find((quota) => quota.name === name)?.value !== value) set(`Quotas\\${name}`, value);
        }
        break;
      }
      case 'service':
        if (operation.run) service.push(`sc config WinRM start= ${startMode}`, 'net start WinRM');
        break;
      case 'firewall':
        firewall.push(firewallLine(operation.open));
        break;
    }
  }
  // The registry is read when the service starts.
  const restart = registry.length > 0 || plugins.length > 0 ? ['net stop WinRM /y', 'net start WinRM'] : [];
  const lines = [
    ...registry,
    ...(registry.length > 0 ? restart : []),
    ...service,
    ...firewall,
    ...winrm,
    ...plugins,
    ...(plugins.length > 0 ? restart : []),
  ];
  if (asCommandLine(lines).length > longestCommandLine) gaps.push('The way back is longer than a command line may be.');
  return { lines, gaps };
}

/** cmd.exe takes 8,191 characters; the rest is for the wait in front and the tidying behind. */
const longestCommandLine = 8000;

/**
 * winrm cannot carry a quotation mark in a value, a backslash at its end would hide the one that closes it, and cmd.exe would take a percent
 * sign apart. All of this is what the machine says about itself.
 */
const isPlain = (text: string): boolean => !/["%^&|<>!\u0000-\u001f]|\\$/.test(text);
const isName = (text: string): boolean => /^\w+$/.test(text);
const isSection = (text: string): boolean => /^[\w/]*$/.test(text);
/** In a resource URI, where + and ? have a meaning. */
const isPlainSelector = (text: string): boolean => isPlain(text) && !/[+?\s]/.test(text);
const isPlainAddress = (text: string): boolean => /^(\*|IP:[0-9A-F.:]+|MAC:[0-9A-F-]+)$/i.test(text);
const isPlainListener = ({ address, hostname, urlPrefix, thumbprint }: ConfigListener): boolean =>
  [hostname, urlPrefix].every(isPlain) && /^[0-9A-F]*$/i.test(thumbprint) && isPlainAddress(address);
const gapOfListener = ({ address, transport }: ConfigListener): string =>
  `The listener ${address}+${transport} holds characters that a command line cannot carry.`;

const aliases: Readonly<Record<string, string>> = { '': 'winrm/config' };
const alias = (section: string): string => aliases[section] ?? `winrm/config/${section}`;
const pairs = (values: readonly (readonly [string, string])[]): string =>
  `@{${values.map(([name, value]) => `${name}="${value}"`).join(';')}}`;
const listenerUri = ({ address, transport }: ConfigListener): string =>
  `winrm/config/Listener?Address=${address}+Transport=${transport}`;

function listenerPairs(listener: ConfigListener, hostnameBefore: string): (readonly [string, string])[] {
  return [
    ['Port', String(listener.port)],
    ...(listener.transport === 'HTTPS' || listener.hostname !== hostnameBefore
      ? ([['Hostname', listener.hostname]] as const)
      : []),
    ['Enabled', String(listener.enabled)],
    ['URLPrefix', listener.urlPrefix],
    ...(listener.transport === 'HTTPS' && listener.thumbprint !== ''
      ? ([['CertificateThumbprint', listener.thumbprint]] as const)
      : []),
  ];
}

/** As one command line for cmd.exe. winrm is a batch file: without `call` nothing would come after it. */
export function asCommandLine(lines: readonly string[]): string {
  return `cmd.exe /d /s /c "${lines.map((line) => (line.startsWith('winrm ') ? `call ${line}` : line)).join(' & ')}"`;
}
