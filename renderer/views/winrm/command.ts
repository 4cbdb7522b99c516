import type { MachineSettings } from '../../../shared/contract/machines.ts';
import type { Draft, DraftChange } from '../../stores/winrm-draft.ts';
import { winrmLine } from '../machine/remote-line.ts';

/**
 * The view as a winrm line. With a draft it is the line that makes its last change, together with the others of the same resource;
 * without one it is the line that shows what is shown. A mapping's password is never part of it: such a draft shows what there is.
 */
export function winrmCommand(draft: Draft, settings: MachineSettings, userName: string | null): string {
  const last = draft.at(-1);
  const [verb, ...rest] = last === undefined ? ['get', 'winrm/config'] : lineOf(last, draft);
  return winrmLine(verb ?? 'get', rest, settings, userName);
}

function lineOf(change: DraftChange, draft: Draft): readonly string[] {
  switch (change.kind) {
    case 'set': {
      const parent = parentOf(change.path);
      const values = draft.filter((one) => one.kind === 'set' && parentOf(one.path) === parent);
      const pairs = values.flatMap((one) => (one.kind === 'set' ? [[nameOf(one.path), one.value] as const] : []));
      return ['set', `winrm/config${parent === '' ? '' : `/${parent.toLowerCase()}`}`, valueSet(pairs)];
    }
    case 'create-listener':
    case 'edit-listener':
      return [
        change.kind === 'create-listener' ? 'create' : 'set',
        listenerResource(change),
        valueSet([
          ...(change.port === null ? [] : [['Port', String(change.port)] as const]),
          ...(change.hostname === null || change.hostname === '' ? [] : [['Hostname', change.hostname] as const]),
          ['Enabled', String(change.enabled)],
          ['URLPrefix', change.urlPrefix],
          ...(change.thumbprint === null || change.thumbprint === ''
            ? []
            : [['CertificateThumbprint', change.thumbprint] as const]),
        ]),
      ];
    case 'delete-listener':
      return ['delete', listenerResource(change)];
    case 'create-mapping':
    case 'edit-mapping':
      return ['enumerate', 'winrm/config/service/certmapping'];
    case 'delete-mapping':
      return [
        'delete',
        `winrm/config/service/certmapping?Issuer=${change.issuer}+Subject=${change.subject}+URI=${change.uri}`,
      ];
    case 'set-plugin': {
      const [first, second] = change.property.split('/');
      const below = second === undefined ? '' : `/${first?.toLowerCase()}`;
      return [
        'set',
        `"winrm/config/plugin${below}?Name=${change.name}"`,
        valueSet([[second ?? change.property, change.value]]),
      ];
    }
    case 'restore':
      return ['invoke', 'restore', change.what === 'config' ? 'winrm/config' : 'winrm/config/plugin', '@{}'];
    case 'stop-service':
      return ['invoke', 'StopService', 'wmicimv2/Win32_Service?Name=WinRM'];
    case 'set-firewall':
      return ['get', 'winrm/config'];
  }
}

const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const listenerResource = ({ address, transport }: { address: string; transport: string }): string =>
  `winrm/config/listener?Address=${address}+Transport=${transport}`;
const valueSet = (pairs: readonly (readonly [name: string, value: string])[]): string =>
  `@{${pairs.map(([name, value]) => `${name}="${value.replaceAll('"', '""')}"`).join(';')}}`;
