/** Requests as other clients write them, recorded or printed in MS-WSMV, against the lab: each gets a whole SOAP answer that relates to it. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SEALED_CONTENT_TYPE, unwrapMessage, wrapMessage } from '../wsman/transport/message-encryption.ts';
import { child, childText, descend, parseXml, type XmlElement } from '../wsman/xml.ts';
import { countIn, createBasicClient, createNtlmClient, faultCode, type SoapClient, textIn } from './lab-test-client.ts';
import { requestMessage, transfer, wmiUri } from './lab-test-messages.ts';
import { type Lab, startLab } from './start-lab.ts';

function recordings(folder: string): [name: string, text: string][] {
  const url = new URL(folder, import.meta.url);
  return readdirSync(url)
    .filter((file) => file.endsWith('.xml'))
    .sort()
    .map((file) => [file, readFileSync(new URL(file, url), 'utf8')]);
}
const pypsrp = recordings('./fixtures/pypsrp/');
/** Requests and answers alike: a server has to be able to say no to an answer as well. */
const printed = recordings('../wsman/fixtures/MS-WSMV/');

let clear: Lab;
let secure: Lab;
let sealed: SoapClient;
let basic: SoapClient;
beforeAll(async () => {
  [clear, secure] = await Promise.all([startLab({ machines: 1 }), startLab({ machines: 1, https: true })]);
  sealed = await createNtlmClient(clear.machines[0]!);
  basic = createBasicClient(secure.machines[0]!);
});
afterAll(async () => {
  sealed?.close();
  basic?.close();
  await Promise.all([clear?.close(), secure?.close()]);
});

const headerOf = (root: XmlElement, local: string): string | null => {
  const header = child(root, 'Header');
  return header ? childText(header, local) : null;
};

describe.each(['sealed', 'Basic inside TLS'])('%s', (kind) => {
  const send = (message: string) => (kind === 'sealed' ? sealed : basic).send(message);

  it.each([...pypsrp, ...printed])('%s is answered', async (_name, message) => {
    const answer = await send(message);
    expect(answer.sealed).toBe(kind === 'sealed');
    const isFault = descend(answer.root, 'Body', 'Fault') !== undefined;
    expect(answer.status).toBe(isFault ? 500 : 200);
    expect(faultCode(answer) !== null).toBe(isFault);
    expect(headerOf(answer.root, 'RelatesTo')).toBe(headerOf(parseXml(message), 'MessageID'));
    expect(headerOf(answer.root, 'Action')).toMatch(isFault ? /\/fault$/i : /Response$/);
  });

  it('what both know is answered with more than a fault', async () => {
    const text = (name: string) => [...pypsrp, ...printed].find(([file]) => file.startsWith(name))![1];
    expect(textIn(await send(text('psrp_small_msg_size-1-get')), 'MaxEnvelopeSizekb')).toMatch(/^\d+$/);
    expect((await send(text('4.9-01'))).status).toBe(200);
  });

  it('the Create of a cmd shell is answered, and what pypsrp asks of PowerShell; a subscription without a filter is refused in proper form', async () => {
    const create = (name: string) => send(pypsrp.find(([file]) => file.startsWith(name))![1]);
    const shell = await create('winrs_fail_poll_process-1-create');
    expect([shell.status, textIn(shell, 'ShellId')]).toEqual([200, expect.stringMatching(/^[0-9A-F-]{36}$/i)]);
    const pool = await create('psrp_long_running_cmdlet-1-create');
    expect([pool.status, textIn(pool, 'InputStreams')]).toEqual([200, 'stdin pr']);
    const received = await create('psrp_long_running_cmdlet-2-receive');
    expect(countIn(received, 'rsp:Stream ')).toBe(3);
    expect((await create('psrp_long_running_cmdlet-8-delete')).status).toBe(200);
    const subscribe = requestMessage({
      action: 'http://schemas.xmlsoap.org/ws/2004/08/eventing/Subscribe',
      resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/windows/EventLog',
      body: '<e:Subscribe xmlns:e="http://schemas.xmlsoap.org/ws/2004/08/eventing"><e:Delivery Mode="http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull"/></e:Subscribe>',
    });
    expect(faultCode(await send(subscribe))).toBe(2150858786);
  });
});

const winrmService = (headers = ''): string =>
  requestMessage({
    action: `${transfer}/Get`,
    resourceUri: wmiUri('Win32_Service'),
    selectors: { Name: 'WinRM' },
    headers,
  });

it('mustUnderstand outside the namespace of SOAP means nothing (masterzen/winrm writes it so)', async () => {
  const answer = await basic.send(winrmService('<z:Unknown xmlns:z="urn:z" mustUnderstand="true">1</z:Unknown>'));
  expect([answer.status, textIn(answer, 'Name')]).toEqual([200, 'WinRM']);
});

it('headers of later clients are known: session, operation, sequence, activity, data locale', async () => {
  const headers = [
    '<p:SessionId s:mustUnderstand="false">uuid:1</p:SessionId>',
    '<p:OperationID s:mustUnderstand="true">uuid:2</p:OperationID>',
    '<p:SequenceId s:mustUnderstand="true">1</p:SequenceId>',
    '<p:ActivityId s:mustUnderstand="true">uuid:3</p:ActivityId>',
    '<p:DataLocale xml:lang="de-DE" s:mustUnderstand="false"/>',
    '<w:OptionSet s:mustUnderstand="true"><w:Option Name="wmi:X" MustComply="true">1</w:Option></w:OptionSet>',
  ].join('');
  expect((await basic.send(winrmService(headers))).status).toBe(200);
});

it('UTF-16 is answered in UTF-16, sealed and not', async () => {
  const type = 'application/soap+xml;charset=UTF-16';
  const question = Buffer.from(`\ufeff${winrmService()}`, 'utf16le');
  const context = sealed.context!;
  const frame = wrapMessage(context, question, type);
  const inFrame = await sealed.raw.request({ headers: { 'Content-Type': SEALED_CONTENT_TYPE }, body: frame });
  const opened = unwrapMessage(context, inFrame.body);
  const { user, password } = secure.machines[0]!;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const plain = await basic.raw.request({
    headers: { Authorization: authorization, 'Content-Type': type },
    body: question,
  });
  for (const { contentType, bytes } of [
    { contentType: opened.contentType, bytes: Buffer.from(opened.soap) },
    { contentType: plain.headers['content-type'], bytes: plain.body },
  ]) {
    expect(contentType).toBe(type);
    expect(bytes.toString('utf16le')).toContain('<p:Name>WinRM</p:Name>');
    expect(descend(parseXml(bytes, 'utf-16'), 'Body', 'Win32_Service')).toBeDefined();
  }
});

it.each(['Application/SOAP+XML; charset="utf-8"', 'application/soap+xml'])(
  'takes the content type %s',
  async (contentType) => {
    const { user, password } = secure.machines[0]!;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const answer = await basic.raw.request({
      headers: { Authorization: authorization, 'Content-Type': contentType, Expect: '100-continue' },
      body: winrmService(),
    });
    expect(answer.status).toBe(200);
  },
);
