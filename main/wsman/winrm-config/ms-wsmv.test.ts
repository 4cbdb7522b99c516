/** The messages of MS-WSMV 4.2: configuration documents decode, and our requests have the shape of those printed there. */
import { describe, expect, test } from 'vitest';
import { createClientOver } from '../client.ts';
import { readBatch } from '../enumeration.ts';
import { readRequest, readResponse } from '../envelope.ts';
import { fakePool, target } from '../fake-pool.ts';
import { loadFixture } from '../fixtures/load.ts';
import { ns } from '../namespaces.ts';
import { parseXml, serializeXml, type XmlElement } from '../xml.ts';
import { performOperation, readConfig } from './config-client.ts';
import { type ConfigMapping, readMapping, readPlugin, readSettings } from './configuration.ts';

/** What the document's own printing has broken: line breaks inside names, attributes without quotation marks, a missing `>`, one prefix. */
function mended(path: string): XmlElement {
  const text = loadFixture(`MS-WSMV/${path}`)
    .replace(/="([^"<>]*)"/g, (_, value: string) => `="${value.replace(/\s*\n\s*/g, '')}"`)
    .replace('xmlns:waa=', 'xmlns:wsa=')
    .replace(/=(https?:[^\s>"]+)/g, '="$1"')
    .replace(/wsman\.xsd"\s*<s:Header>/, 'wsman.xsd"><s:Header>');
  return parseXml(text);
}
const answer = (path: string): XmlElement => readResponse(mended(path)).body!;
const request = (path: string) => {
  const { action, resourceUri, selectors, body } = readRequest(mended(path));
  const bare = (text: string | null | undefined) => text?.replace(/\s+/g, '');
  return {
    action: bare(action),
    resourceUri: bare(resourceUri),
    selectors: selectors.map(([name, value]) => [name, bare(String(value))]),
    body,
  };
};

describe('4.2.1, 4.2.2: the whole of winrm/config', () => {
  test('decodes with every setting that is printed, the wrapped ones too', () => {
    const settings = new Map(
      readSettings(answer('4.2.1-02-retrieving-configuration.txt')).map(({ path, value }) => [path, value]),
    );
    expect(settings.size).toBe(34);
    expect(settings.get('MaxBatchItems')).toBe('20');
    expect(settings.get('Service/MaxConcurrentOperations')).toBe('100');
    expect(settings.get('Client/TrustedHosts')).toBe('');
    expect(settings.get('Service/Auth/Negotiate')).toBe('true');
    expect(settings.get('Winrs/MaxShellsPerUser')).toBe('2');
  });

  test('a change is a Get and a Put of the document with that one value', async () => {
    const before = serializeXml(answer('4.2.1-02-retrieving-configuration.txt'));
    const pool = fakePool(before, before);
    const client = createClientOver(pool, target);
    await performOperation(
      client,
      { kind: 'put-settings', section: '', values: [['MaxBatchItems', '10']] },
      { passwordOf: () => null },
    );
    const [get, put] = pool.asked;
    const printedGet = request('4.2.1-01-retrieving-configuration.xml');
    expect([get!.soap.action, get!.soap.resourceUri]).toEqual([printedGet.action, printedGet.resourceUri]);
    const printed = request('4.2.2-01-modifying-configuration.txt');
    expect([put!.soap.action, put!.soap.resourceUri]).toEqual([printed.action, printed.resourceUri]);
    const changed = readSettings(put!.soap.body!);
    const old = readSettings(answer('4.2.1-02-retrieving-configuration.txt'));
    expect(changed.filter(({ value }, index) => value !== old[index]!.value)).toEqual([
      { path: 'MaxBatchItems', value: '10', isPolicy: false },
    ]);
    const theirs = new Set(readSettings(printed.body!).map(({ path }) => path));
    for (const path of theirs) expect(changed.map((setting) => setting.path)).toContain(path);
  });
});

describe('4.2.3: certificate mappings', () => {
  const mapping: ConfigMapping = {
    issuer: '5600a015ca5e8a26f638b74e819ae92096da5c8c',
    subject: '*@mig.net',
    uri: '*',
    userName: 'certAdminAccount',
    enabled: true,
    source: null,
  };

  test('Create, Put, Get and Delete have the shape that is printed', async () => {
    const created = serializeXml(answer('4.2.3-02-client-certificate-mapping-configuration.xml'));
    const pool = fakePool(created, '', '');
    const client = createClientOver(pool, target);
    const secrets = { passwordOf: () => 'Bull_dog1' };
    await performOperation(client, { kind: 'create-mapping', mapping }, secrets);
    await performOperation(client, { kind: 'put-mapping', mapping }, { passwordOf: () => null });
    await performOperation(client, { kind: 'delete-mapping', mapping }, secrets);
    const printed = ['01', '03', '07'].map((number) =>
      request(`4.2.3-${number}-client-certificate-mapping-configuration.${number === '07' ? 'xml' : 'txt'}`),
    );
    for (const [index, { action, resourceUri, selectors }] of printed.entries()) {
      const { soap } = pool.asked[index]!;
      expect([soap.action, soap.resourceUri]).toEqual([action, resourceUri]);
      expect(soap.selectors.map(([name]) => name)).toEqual(selectors.map(([name]) => name));
    }
    expect(pool.asked[0]!.soap.selectors).toEqual(printed[0]!.selectors);
    expect(readMapping(pool.asked[0]!.soap.body!)).toMatchObject({ userName: 'certAdminAccount', enabled: true });
    // Without a new password none is sent, so that the stored one stays.
    expect(pool.asked[1]!.body).not.toContain('Password');
  });

  test('answers decode; a password that one of them shows is not taken over', () => {
    const one = readMapping(answer('4.2.3-06-client-certificate-mapping-configuration.txt'));
    expect(one).toEqual({
      issuer: '1212131238d84023982e381f2',
      subject: '*.sampl.com',
      uri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/*',
      userName: 'certadminACCOUNT',
      enabled: true,
      source: null,
    });
    expect(readMapping(answer('4.2.3-04-client-certificate-mapping-configuration.txt')).enabled).toBe(false);
    for (const [number, account] of [
      ['10', 'account1'],
      ['12', 'account2'],
    ]) {
      const [item] = readBatch(answer(`4.2.3-${number}-client-certificate-mapping-configuration.xml`)).items.map(
        readMapping,
      );
      expect(item!.userName).toBe(account);
      expect(JSON.stringify(item)).not.toContain('password');
    }
  });

  test('the list is asked for as printed', async () => {
    const printed = request('4.2.3-09-client-certificate-mapping-configuration.txt');
    const config = serializeXml(answer('4.2.1-02-retrieving-configuration.txt'));
    const none = `<n:EnumerateResponse xmlns:n="${ns.enumeration}"><n:EnumerationContext/><w:Items/><w:EndOfSequence/></n:EnumerateResponse>`;
    const pool = fakePool(config, none, none, none);
    await readConfig(createClientOver(pool, target));
    const asked = pool.asked.find(({ soap }) => soap.resourceUri === printed.resourceUri)!;
    expect([asked.soap.action, asked.soap.body!.local]).toEqual([printed.action, 'Enumerate']);
    expect(asked.soap.body!.children.map(({ local }) => local)).toEqual(
      printed.body!.children.map(({ local }) => local),
    );
  });
});

test('4.2.4: the plug-in configuration decodes, and its Security', () => {
  const plugin = readPlugin(answer('4.2.4-02-plugin-security-setting-configuration.txt'));
  expect(plugin).toMatchObject({
    name: 'WMI Provider',
    fileName: '%systemroot%\\system32\\WsmWmiPl.dll',
    enabled: true,
    sdkVersion: '1',
  });
  expect(plugin.resources.map(({ resourceUri, capabilities }) => [resourceUri, capabilities.length])).toEqual([
    ['http://schemas.microsoft.com/wbem/wsman/1/wmi', 4],
    ['http://schemas.dmtf.org/wbem/wscim/1/cim-schema', 4],
    ['http://schemas.dmtf.org/wbem/wscim/1/*', 1],
  ]);
  expect(plugin.resources[0]!.sddl).toMatch(/^O:NSG:BAD:P\(A;;GA;;;BA\)/);
  const { action, resourceUri } = request('4.2.4-01-plugin-security-setting-configuration.txt');
  expect([action, resourceUri]).toEqual([`${ns.transfer}/Put`, `${ns.config}/service/security`]);
});
