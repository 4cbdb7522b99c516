import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attribute, child, descend } from '../wsman/xml.ts';
import { createBasicClient, faultCode, type SoapAnswer, type SoapClient, textIn } from './lab-test-client.ts';
import { configUri, enumeration, type RequestParts, requestMessage, transfer } from './lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from './start-lab.ts';

/** winrm/config on the wire, beyond values: plug-ins, listeners for HTTPS, Restore, quickconfig, the registry, tasks. */

let lab: Lab;
let machine: LabMachine;
let client: SoapClient;
beforeAll(async () => {
  lab = await startLab({ machines: 8, https: true });
  machine = lab.machines[0]!;
  client = createBasicClient(machine);
});
afterAll(async () => {
  client?.close();
  await lab?.close();
});
const send = (parts: RequestParts): Promise<SoapAnswer> => client.send(requestMessage(parts));
const listenerUri = `${configUri}/listener`;
const pluginUri = `${configUri}/plugin`;

it('lists plug-ins, and changes one by its document', async () => {
  const body = '<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>50</w:MaxElements></n:Enumerate>';
  const list = await send({ action: `${enumeration}/Enumerate`, resourceUri: pluginUri, body });
  const names = descend(list.root, 'Body', 'EnumerateResponse', 'Items')!.children.map((item) =>
    attribute(item, 'Name'),
  );
  expect(names).toContain('WMI Provider');
  const selectors = { Name: 'winrs' };
  const namespace = `${configUri}/PluginConfiguration`;
  const put = (attributes: string) =>
    send({
      action: `${transfer}/Put`,
      resourceUri: pluginUri,
      selectors,
      body: `<PlugInConfiguration xmlns="${namespace}" Name="Winrs" ${attributes}/>`,
    });
  expect(faultCode(await put('Enabled="perhaps"'))).toBe(2150858817);
  expect(faultCode(await put('Nonsense="1"'))).toBe(2150858817);
  await put('Enabled="false"');
  const one = await send({ action: `${transfer}/Get`, resourceUri: pluginUri, selectors });
  expect(attribute(descend(one.root, 'Body', 'PlugInConfiguration')!, 'Enabled')).toBe('false');
  await put('Enabled="true"');
});

it('a listener for HTTPS needs a certificate of the machine with its name; ListeningOn cannot be set', async () => {
  const create = (body: string, keys = { Address: 'IP:127.0.0.1', Transport: 'HTTPS' }) =>
    send({
      action: `${transfer}/Create`,
      resourceUri: listenerUri,
      selectors: keys,
      body: `<c:Listener xmlns:c="${listenerUri}">${body}</c:Listener>`,
    });
  expect(faultCode(await create(`<c:CertificateThumbprint>${'AB'.repeat(20)}</c:CertificateThumbprint>`))).toBe(
    2150859029,
  );
  expect(faultCode(await create('<c:Hostname>nobody.example</c:Hostname>'))).toBe(2150859029);
  expect(faultCode(await create('', { Address: 'IP:192.0.2.77', Transport: 'HTTP' }))).toBe(2147942487);
  expect((await create('')).text).toContain('ResourceCreated');
  const selectors = { Address: 'IP:127.0.0.1', Transport: 'HTTPS' };
  const one = await send({ action: `${transfer}/Get`, resourceUri: listenerUri, selectors });
  expect(textIn(one, 'CertificateThumbprint')).toMatch(/^[0-9A-F]{40}$/);
  expect(textIn(one, 'ListeningOn')).toBe('127.0.0.1');
  const put = await send({
    action: `${transfer}/Put`,
    resourceUri: listenerUri,
    selectors,
    body: `<c:Listener xmlns:c="${listenerUri}"><c:ListeningOn>10.9.9.9</c:ListeningOn></c:Listener>`,
  });
  expect(faultCode(put)).toBe(2150858818);
  expect((await send({ action: `${transfer}/Delete`, resourceUri: listenerUri, selectors })).status).toBe(200);
});

it('analyses and enables remoting, and takes back only what it gave out', async () => {
  const uri = `${configUri}/service`;
  const invoke = (name: string, inner = '') =>
    send({
      action: `${uri}/${name}`,
      resourceUri: uri,
      body: `<c:${name}_INPUT xmlns:c="${uri}">${inner}</c:${name}_INPUT>`,
    });
  expect(textIn(await invoke('AnalyzeService'), 'RemotingEnabled')).toBe('true');
  const analysis = await invoke('Analyze', '<c:Transport>http</c:Transport>');
  expect(textIn(analysis, 'RemotingEnabled')).toBe('false');
  const output = descend(analysis.root, 'Body', 'Analyze_OUTPUT')!;
  expect(child(output, 'EnableRemoting_INPUT')!.children.map(({ local }) => local)).toEqual([
    'Transport',
    'CreateListener',
  ]);
  const done = await invoke('EnableRemoting', '<c:Transport>http</c:Transport><c:CreateListener/>');
  expect([textIn(done, 'Status'), textIn(done, 'Results')]).toEqual([
    'succeeded',
    'Created a WinRM listener on HTTP://* to accept WS-Man requests to any IP on this machine.',
  ]);
  expect(textIn(await invoke('Analyze', '<c:Transport>http</c:Transport>'), 'RemotingEnabled')).toBe('true');
  expect(faultCode(await invoke('Nonsense'))).toBe(2150858753);
});

it('StdRegProv shows keys and values, and says what is not there', async () => {
  const uri = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/default/StdRegProv';
  const call = (method: string, key: string, more = '') =>
    send({
      action: `${uri}/${method}`,
      resourceUri: uri,
      body: `<c:${method}_INPUT xmlns:c="${uri}"><c:hDefKey>2147483650</c:hDefKey><c:sSubKeyName>${key}</c:sSubKeyName>${more}</c:${method}_INPUT>`,
    });
  const store = 'SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates';
  const keys = descend((await call('EnumKey', store)).root, 'Body', 'EnumKey_OUTPUT')!.children.filter(
    ({ local }) => local === 'sNames',
  );
  expect(keys.length).toBe(6);
  const blob = await call('GetBinaryValue', `${store}\\${keys[0]!.text}`, '<c:sValueName>Blob</c:sValueName>');
  expect(descend(blob.root, 'Body', 'GetBinaryValue_OUTPUT')!.children.length).toBeGreaterThan(300);
  expect(textIn(await call('EnumKey', 'SOFTWARE\\Nonsense'), 'ReturnValue')).toBe('2');
});

it('Restore takes away every listener that no policy makes, and its socket with it', async () => {
  for (const other of lab.machines.slice(1)) {
    const restoring = createBasicClient(other);
    const body = '<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>9</w:MaxElements></n:Enumerate>';
    const list = await restoring.send(
      requestMessage({ action: `${enumeration}/Enumerate`, resourceUri: listenerUri, body }),
    );
    if (list.text.includes('<cfg:Listener') && list.text.includes('Source="GPO"')) {
      restoring.close();
      continue;
    }
    const restored = await restoring.send(
      requestMessage({
        action: `${configUri}/Restore`,
        resourceUri: configUri,
        body: `<c:Restore_INPUT xmlns:c="${configUri}"/>`,
      }),
    );
    expect(restored.text).toContain('Restore_OUTPUT');
    restoring.close();
    await expect.poll(() => isListening(other.port), { timeout: 5000 }).toBe(false);
    return;
  }
  throw new Error('Every machine of this lab has its listener from a policy.');
});

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
