import type { MachinePlan, Role } from './machine-plan.ts';
import { coreServices, roleServices, systemDrivers } from './windows-service-table.ts';

/** What does not change about a service. Templates are shared by all machines of a role. */
export interface WindowsServiceTemplate {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly startMode: 'Auto' | 'Manual' | 'Disabled';
  readonly delayed: boolean;
  readonly runs: boolean;
  readonly account: string;
  readonly path: string;
  /** Services that name the same process share it; null: a process of its own. */
  readonly sharedProcess: string | null;
  readonly dependsOn: readonly string[];
  readonly acceptPause: boolean;
  readonly acceptStop: boolean;
  /** Start, stop and change answer 2 (access denied), also to administrators. */
  readonly protected: boolean;
}

const accounts: Readonly<Record<string, string>> = {
  S: 'LocalSystem',
  L: 'NT AUTHORITY\\LocalService',
  N: 'NT AUTHORITY\\NetworkService',
};

function parseTable(table: string): WindowsServiceTemplate[] {
  return table
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => {
      const [name, displayName, start, account, host, dependsOn, flags, description] = line.split('|') as string[];
      const isPath = host!.includes('\\');
      return {
        name: name!,
        displayName: displayName!,
        description: `${description!}.`,
        startMode: start![0] === 'M' ? 'Manual' : start![0] === 'X' ? 'Disabled' : 'Auto',
        delayed: start![0] === 'D',
        runs: start![1] === '+',
        account: accounts[account!] ?? account!,
        path: isPath
          ? host!
          : `C:\\Windows\\System32\\svchost.exe -k ${host!}${/^(netsvcs|Local)/i.test(host!) ? ' -p' : ''}`,
        sharedProcess: isPath ? (/lsass\.exe/i.test(host!) ? 'lsass' : null) : `svchost ${host!.toLowerCase()}`,
        dependsOn: dependsOn ? dependsOn.split(',') : [],
        acceptPause: flags!.includes('p'),
        acceptStop: !flags!.includes('n'),
        protected: flags!.includes('d'),
      } satisfies WindowsServiceTemplate;
    });
}

const byVariant = new Map<string, readonly WindowsServiceTemplate[]>();

/** Services of a machine: what every Windows has, what its virtual hardware adds, what its role adds; by display order of WMI (name). */
export function templatesFor(plan: Pick<MachinePlan, 'role' | 'manufacturer'>): readonly WindowsServiceTemplate[] {
  const vmware = plan.manufacturer.startsWith('VMware');
  const key = `${plan.role} ${vmware}`;
  let templates = byVariant.get(key);
  if (!templates) {
    const all = [...parseTable(coreServices), ...parseTable(roleServices[plan.role satisfies Role] ?? '')];
    templates = all
      .filter((template) => vmware || (template.name !== 'VMTools' && template.name !== 'VGAuthService'))
      .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
    byVariant.set(key, templates);
  }
  return templates;
}

const drivers = new Set(systemDrivers.map((driver) => driver.toLowerCase()));
/** True for a name in `dependsOn` that is a kernel driver rather than a service. */
export const isSystemDriver = (name: string): boolean => drivers.has(name.toLowerCase());
