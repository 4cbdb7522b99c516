/** Faults that show only once somebody has signed in. */
import type { Misbehaviour } from '../../lab/start-lab.ts';
import { type Arrangement, type FaultCase, labName, targetOf } from './bench.test-suite.ts';

const wmiFault = 'winerror.h, MS-WSMV 2.2.4.43 (f:WSManFault/@Code)';

/** A machine that answers so to some of what it is asked. By its own name, so that nothing else is odd about it. */
function answering(
  name: string,
  layer: FaultCase['layer'],
  misbehaviour: Misbehaviour,
  expected: string,
  more: Partial<Pick<FaultCase, 'set' | 'says' | 'source'>> & {
    readonly arrangement?: Omit<Arrangement, 'target'>;
  } = {},
): FaultCase {
  const { arrangement, ...rest } = more;
  return {
    name,
    layer,
    source: wmiFault,
    expected,
    ...rest,
    arrange: async ({ lab, machine }) => {
      await lab.misbehave(machine.name, misbehaviour);
      return { target: { ...targetOf(machine), host: labName(machine.name) }, ...arrangement };
    },
  };
}

const fault = (code: number, where: { action?: string; containing?: string } = {}): Misbehaviour => ({
  kind: 'fault',
  code,
  ...where,
});

export const rightsFaults: readonly FaultCase[] = [
  {
    name: 'an account that may sign in and nothing else: 5 everywhere',
    layer: 'rights',
    source: 'MS-WSMV 3.1.4.1.28 (RootSDDL); lab account reader',
    expected: 'access-denied',
    set: [/Administrators or Remote Management Users/, /access list of WinRM/],
    arrange: async ({ machine }) => ({
      target: targetOf(machine),
      userName: 'CORP\\reader',
      password: 'Windeck-Lab-2!',
    }),
  },
  {
    name: 'a local administrator whose token UAC filters: 5',
    layer: 'rights',
    source: 'KB951016 (LocalAccountTokenFilterPolicy); lab account helpdesk',
    expected: 'access-denied',
    set: [/UAC/],
    arrange: async ({ machine }) => ({
      target: targetOf(machine),
      userName: '.\\helpdesk',
      password: 'Windeck-Lab-3!',
    }),
  },
  answering('5 on winrm/config alone', 'rights', fault(5, { action: 'Get' }), 'config-denied', {
    set: [/Administrators/, /RootSDDL/],
    source: 'MS-WSMV 3.1.4.1.28: only administrators have GR on config',
  }),
  answering('5 on shells alone', 'rights', fault(5, { action: 'Create' }), 'shell-denied', {
    set: [/Administrators/, /plug-in/],
    source: 'MS-WSMV 3.1.4.1.28: GX of the plug-in',
  }),
  answering('AllowRemoteAccess=false', 'rights', fault(2150859229), 'remote-access-off', {
    source: 'winerror.h 0x803381DD; MS-WSMV 2.2.4 (winrm/config/service)',
  }),
  answering('AllowRemoteShellAccess=false', 'rights', fault(2150859180, { action: 'Create' }), 'shells-off', {
    source: 'winerror.h 0x803381AC; MS-WSMV 2.2.4 (winrm/config/winrs)',
  }),
  answering('the namespace refuses: 2150859014', 'rights', fault(2150859014, { action: 'Enumerate' }), 'wmi-denied', {
    set: [/Remote Enable/, /Administrators/],
  }),
  answering(
    'the provider refuses: WBEM_E_ACCESS_DENIED',
    'rights',
    fault(0x80041003, { action: 'Enumerate' }),
    'wmi-denied',
    { set: [/Remote Enable/] },
  ),
];

const neighbour = (winrm: 'answers' | 'refused' | 'silent', addresses: readonly string[] = ['10.0.0.9']) => ({
  addresses,
  echo: false,
  winrm,
});

/** The machine is well, and the other that it should reach is seen so from there. */
function backTo(name: string, seen: ReturnType<typeof neighbour>, says: RegExp): FaultCase {
  return {
    name,
    layer: 'way back',
    source:
      'winrm identify as winrm.vbs prints it: "Error number:  -2144108526 0x80338012" (WSManFault of the client, winerror.h)',
    expected: 'way-back',
    set: [/does not answer anybody/, /firewall or the DNS/],
    says,
    arrange: async ({ lab, machine, onEnd }) => {
      await lab.drawNetwork(machine.name, { sql02: seen });
      onEnd(() => lab.drawNetwork(machine.name, null));
      return { target: { ...targetOf(machine), host: labName(machine.name) }, other: 'sql02' };
    },
  };
}

export const wayBackFaults: readonly FaultCase[] = [
  backTo('the other machine refuses', neighbour('refused'), /Nothing answers WS-Man there/),
  backTo('the other machine does not answer', neighbour('silent'), /did not answer in time/),
  backTo('the name of the other machine is not known there', neighbour('silent', []), /cannot be resolved/),
];

export const serviceFaults: readonly FaultCase[] = [
  answering(
    'WMI does not run: RPC server unavailable',
    'service',
    fault(0x800706ba, { action: 'Enumerate' }),
    'wmi-broken',
    { source: 'winerror.h 1722 as HRESULT' },
  ),
  answering('the WMI service is disabled', 'service', fault(0x80070422, { action: 'Enumerate' }), 'wmi-broken', {
    source: 'winerror.h 1058 as HRESULT',
  }),
  answering(
    'a provider fails for one class',
    'service',
    fault(0x80041004, { action: 'Enumerate', containing: 'Win32_Service' }),
    'provider-failure',
    { source: 'WbemCli.h WBEM_E_PROVIDER_FAILURE' },
  ),
  answering(
    'every provider of the namespace fails',
    'service',
    fault(0x80041013, { action: 'Enumerate' }),
    'wmi-broken',
    { set: [/repository/, /provider/], source: 'WbemCli.h WBEM_E_PROVIDER_LOAD_FAILURE' },
  ),
  answering('the namespace is gone', 'service', fault(0x8004100e, { action: 'Enumerate' }), 'wmi-broken', {
    source: 'WbemCli.h WBEM_E_INVALID_NAMESPACE',
    says: /repository/,
  }),
  answering('WMI hangs', 'service', { kind: 'silence', action: 'Enumerate' }, 'wmi-silent', {
    set: [/hangs/, /overloaded/],
    source: 'MS-WSMV 3.2.4.1 (no answer within OperationTimeout)',
  }),
  answering(
    'as many shells as the account may have',
    'service',
    fault(2150859173, { action: 'Create' }),
    'shell-quota',
    { source: 'winerror.h 0x803381A5' },
  ),
  answering(
    'as many operations as the account may have',
    'service',
    fault(2150859174, { action: 'Enumerate' }),
    'operation-quota',
    { source: 'winerror.h 0x803381A6' },
  ),
  answering(
    'MaxEnvelopeSizekb too small for the answer',
    'service',
    fault(2150858823, { action: 'Enumerate' }),
    'envelope-size',
    { source: 'winerror.h 0x80338047; DSP0226 14.6 (EncodingLimit)' },
  ),
  answering(
    'the message cannot be decrypted: empty 500 after the sign-in',
    'service',
    { kind: 'empty-500', action: 'Get' },
    'unsealed-answer',
    { set: [/could not decrypt/, /something between/], source: 'MS-WSMV 3.1.4.1.29.1; empty 500 (diyan/pywinrm#208)' },
  ),
];
