import { expect, it } from 'vitest';
import { parseXml } from '../wsman/xml.ts';
import { defaultAuthentication } from './authentication/scheme-list.ts';
import { putConfig, restoreConfig } from './config-resource.ts';
import { createSimulatedMachine, demoTimings } from './simulated-machine.ts';
import { applyStack, withStack } from './stacks.ts';
import { planMachine } from './world/machine-plan.ts';

it('stack 1.1 takes the settings that later ones refuse, and Restore gives its own defaults', () => {
  const machine = createSimulatedMachine(withStack(planMachine(0, 1), '1.1'), {
    clock: { now: () => Date.UTC(2026, 4, 5) },
    timings: demoTimings,
    accounts: [],
    authentication: defaultAuthentication,
    certMappings: [],
    transport: 'http',
  });
  applyStack(machine);
  const changed = { MaxProviderRequests: '7', 'Service/MaxConcurrentOperations': '8', 'Winrs/MaxShellRunTime': '9' };
  putConfig(
    machine,
    '',
    parseXml(
      '<Config><MaxProviderRequests>7</MaxProviderRequests><Service><MaxConcurrentOperations>8</MaxConcurrentOperations></Service>' +
        '<Winrs><MaxShellRunTime>9</MaxShellRunTime></Winrs></Config>',
    ),
  );
  const values = (): Record<string, string> =>
    Object.fromEntries(Object.keys(changed).map((path) => [path, machine.winrmConfig.text(path)]));
  expect(values()).toEqual(changed);
  restoreConfig(machine);
  expect(values()).toEqual({
    MaxProviderRequests: '25',
    'Service/MaxConcurrentOperations': '100',
    'Winrs/MaxShellRunTime': '28800000',
  });
});
