import { describe, expect, it } from 'vitest';
import { readResponse } from './envelope.ts';
import { wsmanErrorAdvice } from './error-advice.ts';
import { wsmanErrorName } from './error-codes.ts';
import type { WSManFault } from './errors.ts';
import { readFault, timedOutCode } from './fault.ts';
import { loadFixture } from './fixtures/load.ts';
import { ns } from './namespaces.ts';
import { parseXml } from './xml.ts';

function faultOf(text: string, status = 500): WSManFault {
  const { fault, action } = readResponse(parseXml(text));
  return readFault(fault!, status, action);
}
const recorded = (path: string): WSManFault => faultOf(loadFixture(path));

describe('recorded faults', () => {
  it('f:WSManFault with a nested ProviderFault: every field', () => {
    const fault = recorded('WinRb-WinRM/soap_fault_v2.xml');
    expect(fault.fields).toMatchObject({
      httpStatus: 500,
      action: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault',
      code: 'Sender',
      subcode: 'CannotProcessFilter',
      subcodeNamespace: ns.enumeration,
      faultDetail: null,
      wsmanCode: 2150858778,
      machine: 'localhost',
      message: 'The specified class does not exist in the given namespace.',
      provider: 'WMI Provider',
      providerPath: '%systemroot%\\system32\\WsmWmiPl.dll',
      providerCode: 2150858778,
      wmiError: null,
    });
    expect(fault.fields.reason).toMatch(/^The data source could not process the filter\..*again\.$/);
    expect(fault.message).toBe(fault.fields.message);
    expect(parseXml(fault.fields.xml)).toMatchObject({ local: 'Fault', namespace: ns.soap });
    expect(fault.fields.xml).toContain('ExecQuery');
  });

  it('MSFT_WmiError', () => {
    const { fields } = recorded('WinRb-WinRM/wmi_error_v2.xml');
    expect(fields).toMatchObject({
      code: 'Sender',
      subcode: 'QuotaLimit',
      subcodeNamespace: ns.wsman,
      wsmanCode: 2150859173,
    });
    expect(fields.message).toContain('30 concurrent shells');
    expect(fields.wmiError?.get('error_Type')).toBe('HRESULT');
    expect(fields.wmiError?.get('CIMStatusCode')).toBe('27');
    expect(fields.wmiError?.has('OwningEntity')).toBe(false);
  });

  it.each(['WinRb-WinRM/soap_fault_omi.xml', 'WinRb-WinRM/get_omi_config_response.xml'])(
    '%s: no detail, padded text',
    (path) => {
      const fault = recorded(path);
      expect(fault.fields).toMatchObject({
        code: 'Receiver',
        subcode: 'InternalError',
        subcodeNamespace: ns.wsman,
        reason: 'get-instance: instance name parameter is missing',
        wsmanCode: null,
        message: null,
      });
      expect(fault.message).toBe('get-instance: instance name parameter is missing');
    },
  );

  it('a provider that speaks without a fault of its own', () => {
    expect(recorded('pypsrp/winrs_fail_poll_process-3-fault.xml').fields).toMatchObject({
      wsmanCode: 87,
      faultDetail: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/InvalidValue',
      provider: 'Shell cmd plugin',
      message: 'The parameter is incorrect.',
      providerCode: null,
    });
  });

  it.each(['pypsrp/winrs_operation_timeout-7-fault.xml', 'pypsrp/psrp_long_running_cmdlet-9-fault.xml'])(
    '%s: the operation timed out',
    (path) => {
      expect(recorded(path).fields).toMatchObject({ subcode: 'TimedOut', wsmanCode: timedOutCode });
    },
  );

  it.each([
    ['WinRb-WinRM/soap_fault_v1.xml'],
    ['pypsrp/psrp_is_alive_invalid_selectors-9-fault.xml'],
    ['pypsrp/winrs_no_cmd_shell-3-fault.xml'],
    ['MS-WSMV/4.10-02-fault-detail.xml'],
  ])('%s: a number and words', (path) => {
    const { fields } = recorded(path);
    expect(fields.wsmanCode).toBeGreaterThan(0);
    expect(fields.message).toMatch(/\w+ \w+/);
  });
});

const envelope = (fault: string): string =>
  `<s:Envelope xmlns:s="${ns.soap}" xmlns:w="${ns.wsman}" xmlns:a="${ns.addressing}"><s:Body><s:Fault>${fault}</s:Fault></s:Body></s:Envelope>`;

describe('faults of other makes', () => {
  it('OMI_Error in the detail', () => {
    const { fields } = faultOf(
      envelope(
        `<s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Detail><p:OMI_Error xmlns:p="urn:omi" xmlns:b="${ns.cimBinding}" b:IsCIM_Error="TRUE">` +
          '<p:CIMStatusCode>\n 1 \n</p:CIMStatusCode><p:Message>\n it broke \n</p:Message></p:OMI_Error></s:Detail>',
      ),
    );
    expect(fields.message).toBe('it broke');
    expect(fields.wmiError?.get('CIMStatusCode')).toBe('1');
  });

  it('a fault without reason or detail (OpenPegasus) still says something', () => {
    const fault = faultOf(
      envelope(
        '<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>a:ActionNotSupported</s:Value></s:Subcode></s:Code>',
      ),
    );
    expect(fault.message).toContain('ActionNotSupported');
    expect(faultOf(envelope('')).message).toMatch(/says nothing/);
  });

  it('w:TimedOut without a number gets the number that Windows has for it', () => {
    const timedOut =
      '<s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:TimedOut</s:Value></s:Subcode></s:Code>';
    expect(faultOf(envelope(timedOut)).fields.wsmanCode).toBe(2150858793);
  });

  it('an undeclared prefix in a subcode, as in the sample of MS-WSMV 4.10, costs only the namespace', () => {
    expect(recorded('MS-WSMV/4.10-02-fault-detail.xml').fields).toMatchObject({
      subcode: 'DestinationUnreachable',
      subcodeNamespace: null,
    });
  });

  it('a signed or hexadecimal number is kept as unsigned 32 bit; nonsense is none', () => {
    const withCode = (code: string): number | null =>
      faultOf(envelope(`<s:Detail><f:WSManFault xmlns:f="${ns.fault}" Code="${code}"/></s:Detail>`)).fields.wsmanCode;
    expect(withCode('-2144108503')).toBe(2150858793);
    expect(withCode('0x80338029')).toBe(2150858793);
    expect(withCode('many')).toBeNull();
  });
});

describe('numbers', () => {
  it('have their names', () => {
    expect(wsmanErrorName(2150858793)).toBe('ERROR_WSMAN_OPERATION_TIMEDOUT');
    expect(wsmanErrorName(-2144108503)).toBe('ERROR_WSMAN_OPERATION_TIMEDOUT');
    expect(wsmanErrorName(5)).toBe('ERROR_ACCESS_DENIED');
    expect(wsmanErrorName(12345)).toBeNull();
  });

  it('that carry advice have a name, but for the HTTP family of other tools', () => {
    expect(wsmanErrorAdvice(5)?.advice).toContain('Administrators');
    expect(wsmanErrorAdvice(2150859174)?.meaning).toMatch(/operations/);
    expect(wsmanErrorAdvice(12345)).toBeUndefined();
  });
});
