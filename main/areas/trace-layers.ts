/**
 * What a message went through on the machine, inferred from what the answer shows: the Server header of HTTP, f:ProviderFault (MS-WSMV
 * 2.2.4.43), and the prefix of the resource URI, which decides the plug-in (MS-WSMV 2.2.4.25). Nothing else is guessed.
 */
import type { TraceLayers } from '../../shared/contract/trace.ts';

export interface SeenOfAnswer {
  readonly resourceUri: string | null;
  readonly action: string;
  /** Masked, as kept. */
  readonly response: string | null;
  readonly httpStatus: number | null;
  /** Of the last HTTP answer; null where there was none or it had none. */
  readonly server: string | null;
}

interface Plugin {
  readonly prefix: string;
  readonly layers: readonly string[];
}

const base = 'http://schemas.microsoft.com/wbem/wsman/1/';
/** The plug-ins that Windows registers itself (winrm/config/plugin). */
const plugins: readonly Plugin[] = [
  { prefix: `${base}wmi`, layers: ['WsmWmiPl.dll', 'WMI'] },
  { prefix: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema', layers: ['WsmWmiPl.dll', 'WMI'] },
  { prefix: 'http://schemas.dmtf.org/wbem/wscim/1/*', layers: ['WsmWmiPl.dll', 'WMI'] },
  { prefix: 'http://schemas.microsoft.com/wbem/wscim/1/cim-schema', layers: ['WsmWmiPl.dll', 'WMI'] },
  { prefix: `${base}windows/shell`, layers: ['Winrscmd.dll'] },
  { prefix: 'http://schemas.microsoft.com/powershell/', layers: ['pwrshplugin.dll'] },
  { prefix: `${base}windows/EventLog`, layers: ['wevtfwd.dll'] },
  { prefix: 'http://schemas.microsoft.com/wbem/wsman/1/SubscriptionManager', layers: ['WsmSvc (subscriptions)'] },
];

export function layersOf({ resourceUri, action, response, httpStatus, server }: SeenOfAnswer): TraceLayers {
  if (httpStatus === null) {
    return { passed: [], answered: null, because: 'No HTTP answer came, so nothing can be said of what it reached.' };
  }
  const isHttpSys = /\bMicrosoft-HTTPAPI\b/i.test(server ?? '');
  const front = isHttpSys ? 'HTTP.sys' : server === null ? 'HTTP server' : `HTTP server (${server.slice(0, 40)})`;
  if (response === null || !/<(?:[\w.-]+:)?Envelope[\s>]/.test(response)) {
    const because = isHttpSys
      ? `HTTP ${httpStatus} without SOAP, and the Server header names HTTP.sys.`
      : `HTTP ${httpStatus} without SOAP.`;
    return { passed: [front], answered: front, because };
  }
  // Only where HTTP.sys says so it is Windows; other makes have layers of their own.
  if (!isHttpSys && !/Microsoft/i.test(response)) {
    return {
      passed: [front, 'WS-Management service'],
      answered: null,
      because: 'Nothing in the answer names a layer.',
    };
  }
  const service = [front, 'WinRM service'];
  const provider = /<(?:[\w.-]+:)?ProviderFault\b([^<>]*)>/.exec(response)?.[1];
  if (provider !== undefined) return ofProviderFault(service, provider, response);
  if (/<(?:[\w.-]+:)?MSFT_WmiError[\s/>]/.test(response)) {
    const passed = [...service, 'WsmWmiPl.dll', 'WMI'];
    return { passed, answered: 'WMI', because: 'The fault holds an MSFT_WmiError, which WMI makes.' };
  }
  if (/<(?:[\w.-]+:)?Fault[\s/>]/.test(response)) {
    const because =
      'A fault without ProviderFault: the service refused it before any plug-in, or did not pass on which.';
    return { passed: service, answered: 'WinRM service', because };
  }
  if (resourceUri === null || action.endsWith('Identify')) {
    return { passed: service, answered: 'WinRM service', because: 'Identify is answered by the service itself.' };
  }
  if (resourceUri.startsWith(`${base}config`)) {
    return { passed: service, answered: 'WinRM service', because: 'The service keeps winrm/config itself.' };
  }
  const plugin = plugins.find(({ prefix }) => resourceUri.toLowerCase().startsWith(prefix.toLowerCase()));
  if (plugin === undefined) {
    const because = 'The prefix of the resource URI is none of the plug-ins that Windows has by itself.';
    return { passed: [...service, 'plug-in'], answered: null, because };
  }
  const passed = [...service, ...plugin.layers];
  return { passed, answered: passed.at(-1) ?? null, because: 'The prefix of the resource URI decides the plug-in.' };
}

function ofProviderFault(service: readonly string[], attributes: string, response: string): TraceLayers {
  const value = (name: string) => new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`).exec(attributes)?.[1] ?? null;
  const file = value('path')?.split(/[\\/]/).at(-1) ?? null;
  const plugin = file ?? value('provider') ?? 'plug-in';
  const inner = /<(?:[\w.-]+:)?ProviderName\b[^<>]*>([^<]+)</.exec(response)?.[1]?.trim() ?? null;
  const passed = [...service, plugin, ...(inner === null ? [] : ['WMI', inner])];
  const because =
    inner === null
      ? 'The fault has a ProviderFault of this plug-in.'
      : 'The ProviderFault holds an error of this WMI provider.';
  return { passed, answered: passed.at(-1) ?? null, because };
}
