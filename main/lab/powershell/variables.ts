import type { PsValue } from '../../wsman/psrp/clixml-types.ts';
import type { ScriptHost } from './script-host.ts';
import { versionTable } from './version.ts';

/** Variables that are there without having been set; null for one that is not. */
export function builtInVariable(host: ScriptHost, name: string): PsValue {
  const { plan } = host.machine;
  switch (name) {
    case 'psversiontable':
      return versionTable(host.machine);
    case 'pid':
      return host.processId;
    case 'env:computername':
      return plan.name.toUpperCase();
    case 'env:username':
      return host.user;
    case 'env:userdnsdomain':
      return plan.domain.toUpperCase();
    case 'env:windir':
    case 'env:systemroot':
      return 'C:\\Windows';
    case 'erroractionpreference':
    case 'warningpreference':
      return 'Continue';
    case 'verbosepreference':
    case 'debugpreference':
      return 'SilentlyContinue';
    default:
      return null;
  }
}
