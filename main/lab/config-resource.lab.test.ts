import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { descend } from '../wsman/xml.ts';
import { createBasicClient, faultCode, type SoapAnswer, type SoapClient, textIn } from './lab-test-client.ts';
import { configUri, enumeration, type RequestParts, requestMessage, transfer } from './lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from './start-lab.ts';

let lab: Lab;
let machine: LabMachine;
let client: SoapClient;
beforeAll(async () => {
  lab = await startLab({ machines: 7, https: true });
  machine = lab.machines[0]!;
  client = createBasicClient(machine);
});
afterAll(async () => {
  client?.close();
  await lab?.close();
});
const send = (parts: RequestParts): Promise<SoapAnswer> => client.send(requestMessage(parts));

describe('winrm/config', () => {
  const config = (path = '', action = 'Get', body?: string) =>
    send({ action: `${transfer}/${action}`, resourceUri: `${configUri}${path}`, ...(body ? { body } : {}) });

  it('has the order and the namespaces of real machines', async () => {
    const whole = await config();
    const root = descend(whole.root, 'Body', 'Config')!;
    expect(root.namespace).toBe(configUri);
    expect(root.children.map(({ local }) => local)).toEqual([
      'MaxEnvelopeSizekb',
      'MaxTimeoutms',
      'MaxBatchItems',
      'MaxProviderRequests',
      'Client',
      'Service',
      'Winrs',
    ]);
    for (const [path, name] of [
      ['/client', 'Client'],
      ['/client/auth', 'Auth'],
      ['/service', 'Service'],
      ['/Service/DefaultPorts', 'DefaultPorts'],
      ['/winrs', 'Winrs'],
    ]) {
      const part = await config(path);
      expect([path, descend(part.root, 'Body')!.children[0]!.local]).toEqual([path, name]);
    }
    expect(faultCode(await config('/nonsense'))).toBe(2150858752);
  });

  it('changes a value, and refuses a read-only one, a wrong one, an unknown one', async () => {
    const winrs = (xml: string) => config('/winrs', 'Put', `<c:Winrs xmlns:c="${configUri}/winrs">${xml}</c:Winrs>`);
    expect(textIn(await winrs('<c:IdleTimeout>600000</c:IdleTimeout>'), 'IdleTimeout')).toBe('600000');
    expect(textIn(await config('/winrs'), 'IdleTimeout')).toBe('600000');
    expect(faultCode(await winrs('<c:MaxShellRunTime>5</c:MaxShellRunTime>'))).toBe(2150859071);
    expect(faultCode(await winrs('<c:IdleTimeout>soon</c:IdleTimeout>'))).toBe(2150858817);
    expect(faultCode(await winrs('<c:Nonsense>1</c:Nonsense>'))).toBe(2150858817);
  });

  it.each([
    ['', 'Config', 'MaxProviderRequests'],
    ['/service', 'Service', 'MaxConcurrentOperations'],
  ])('config%s: %s refuses to write %s, which is deprecated, and takes its present value', async (path, root, name) => {
    const put = (value: string) =>
      config(path, 'Put', `<c:${root} xmlns:c="${configUri}${path}"><c:${name}>${value}</c:${name}></c:${root}>`);
    expect(faultCode(await put('25'))).toBe(2150859182);
    expect(textIn(await put('4294967295'), name)).toBe('4294967295');
  });

  it('has settings that a policy controls on some machines, and refuses to change them', async () => {
    let locked = 0;
    for (const other of lab.machines) {
      const otherClient = createBasicClient(other);
      const service = await otherClient.send(
        requestMessage({ action: `${transfer}/Get`, resourceUri: `${configUri}/service` }),
      );
      if (service.text.includes('<cfg:AllowUnencrypted Source="GPO">')) {
        locked++;
        const put = await otherClient.send(
          requestMessage({
            action: `${transfer}/Put`,
            resourceUri: `${configUri}/service`,
            body: `<c:Service xmlns:c="${configUri}/service"><c:AllowUnencrypted>true</c:AllowUnencrypted></c:Service>`,
          }),
        );
        expect(faultCode(put)).toBe(2150858890);
      }
      otherClient.close();
    }
    expect(locked).toBeGreaterThan(0);
    expect(locked).toBeLessThan(lab.machines.length);
  });

  it('lists its listener, gets it by keys, creates and deletes another', async () => {
    const uri = `${configUri}/listener`;
    const list = await send({
      action: `${enumeration}/Enumerate`,
      resourceUri: uri,
      body: '<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>10</w:MaxElements></n:Enumerate>',
    });
    expect(descend(list.root, 'Body', 'EnumerateResponse', 'Items')!.children.map(({ local }) => local)).toEqual([
      'Listener',
    ]);
    expect(textIn(list, 'Port')).toBe(String(machine.port));
    const keys = { Address: '*', Transport: 'https' };
    const one = await send({ action: `${transfer}/Get`, resourceUri: uri, selectors: keys });
    expect(textIn(one, 'Transport')).toBe('HTTPS');
    const http = { Address: '*', Transport: 'HTTP' };
    const created = await send({
      action: `${transfer}/Create`,
      resourceUri: uri,
      selectors: http,
      body: `<c:Listener xmlns:c="${uri}"/>`,
    });
    expect(created.text).toContain('<x:ResourceCreated');
    expect(textIn(await send({ action: `${transfer}/Get`, resourceUri: uri, selectors: http }), 'Port')).toBe('5985');
    expect((await send({ action: `${transfer}/Delete`, resourceUri: uri, selectors: http })).status).toBe(200);
    expect(faultCode(await send({ action: `${transfer}/Get`, resourceUri: uri, selectors: http }))).toBe(2150858752);
  });
});
