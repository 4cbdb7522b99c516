import { ns } from '../wsman/namespaces.ts';
import { propertyOrder, resourceUriOf, writeProperty } from './cim-class.ts';
import { restorePlugins } from './config-plugins.ts';
import { restoreConfig } from './config-resource.ts';
import { LabFault } from './faults.ts';
import { type LabRequest, type OperationResult, valuesOf } from './operation.ts';
import type { MethodInput, Provider } from './providers/provider.ts';
import { invokeQuickconfig } from './quickconfig.ts';
import { findInstance, resolveResource } from './resources.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { count } from './statistics.ts';

/** CIM methods: the action is the class URI and the method's name (DSP0230 10.3); `Method_INPUT` in, `Method_OUTPUT` out. */
export function invokeMethod(machine: SimulatedMachine, request: LabRequest): OperationResult {
  const resource = resolveResource(machine, request);
  const name = methodName(request);
  if (resource.kind === 'config') return { body: invokeConfig(machine, resource.path, name, request) };
  if (resource.kind === 'plugin') return { body: invokePlugins(machine, name) };
  if (resource.kind !== 'wmi') throw new LabFault(2150858753);
  const { provider } = resource;
  const found = findMethod(provider, name);
  if (!found) throw new LabFault(2150858753);
  const [canonical, method] = found;
  const input = readInput(request, canonical);
  const isStatic = provider.staticMethods?.includes(canonical) ?? false;
  const row = isStatic && request.selectors.length === 0 ? null : findInstance(machine, provider, request);
  const result = method(machine, row, input);
  count(machine.statistics.executed, `${provider.cimClass.name}.${canonical}`);

  const output: Record<string, Parameters<typeof writeProperty>[2]> = {
    ...result.output,
    ReturnValue: result.returnValue,
  };
  const uri = resourceUriOf(provider.cimClass);
  const values = propertyOrder(Object.keys(output)).map((key) => writeProperty('p:', key, output[key]!, 'cim:'));
  return {
    body: `<p:${canonical}_OUTPUT xmlns:xsi="${ns.xsi}" xmlns:p="${uri}" xmlns:cim="${ns.cim}" xsi:type="p:${canonical}_OUTPUT_Type">${values.join('')}</p:${canonical}_OUTPUT>`,
    ...(result.delayMs ? { delayMs: result.delayMs } : {}),
    ...(result.dropsConnection ? { dropsConnection: true } : {}),
    ...(result.afterwards ? { afterwards: result.afterwards } : {}),
  };
}

/** Restore of winrm/config, and the four actions of quickconfig on its service. */
function invokeConfig(machine: SimulatedMachine, path: string, name: string, request: LabRequest): string {
  if (path === 'service') return invokeQuickconfig(machine, name, request.body);
  if (path !== '' || name.toLowerCase() !== 'restore') throw new LabFault(2150858753);
  restoreConfig(machine);
  return `<cfg:Restore_OUTPUT xmlns:cfg="${ns.config}"/>`;
}

function invokePlugins(machine: SimulatedMachine, name: string): string {
  if (name.toLowerCase() !== 'restore') throw new LabFault(2150858753);
  restorePlugins(machine);
  return `<cfg:Restore_OUTPUT xmlns:cfg="${ns.config}/plugin"/>`;
}

function methodName(request: LabRequest): string {
  const { action, resourceUri } = request;
  const prefix = `${resourceUri.toLowerCase()}/`;
  if (!action.toLowerCase().startsWith(prefix)) throw new LabFault(2150858753);
  return action.slice(prefix.length);
}

function findMethod(provider: Provider, name: string) {
  return Object.entries(provider.methods ?? {}).find(([canonical]) => canonical.toLowerCase() === name.toLowerCase());
}

function readInput(request: LabRequest, method: string): MethodInput {
  const { body } = request;
  if (body?.local.toLowerCase() !== `${method.toLowerCase()}_input`) throw new LabFault(2150858817);
  if (body.namespace.toLowerCase() !== request.resourceUri.toLowerCase()) throw new LabFault(2150858817);
  return valuesOf(body);
}
