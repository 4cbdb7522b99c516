/** Decode of a 500 KB enumeration to typed objects, beside fast-xml-parser on the same text, in turns. */
import { XMLParser } from 'fast-xml-parser';
import { startLab } from '../../main/lab/start-lab.ts';
import { createClient, decodeInstance, parseXml, serializeXml, wmi, type XmlElement } from '../../main/wsman/index.ts';
import { median, print } from './figure.ts';

const lab = await startLab({ machines: 1, seed: 7 });
const machine = lab.machines[0]!;
const client = createClient({
  host: machine.address,
  port: machine.port,
  transport: 'http',
  path: '/wsman',
  authentication: 'negotiate',
  userName: machine.user,
  password: async () => machine.password,
  trusted: true,
  allowClearText: false,
  tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
});
const services = await client.enumerateAll({ resourceUri: wmi('Win32_Service') });
client.close();
await lab.close();

// The items of a real answer, repeated until the envelope is 500 KB long, as a long Pull has them.
const items = services.map((service) => serializeXml(service));
let body = '';
for (let i = 0; body.length < 500_000; i += 1) body += items[i % items.length];
const text = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"><s:Header/><s:Body><n:PullResponse><n:EnumerationContext>uuid:0</n:EnumerationContext><n:Items>${body}</n:Items></n:PullResponse></s:Body></s:Envelope>`;
const megabytes = Buffer.byteLength(text) / 1e6;

const schema = {
  Name: 'string',
  DisplayName: 'string',
  Description: 'string',
  State: 'string',
  StartMode: 'string',
  DelayedAutoStart: 'boolean',
  StartName: 'string',
  ProcessId: 'uint32',
  PathName: 'string',
  AcceptStop: 'boolean',
  AcceptPause: 'boolean',
  ExitCode: 'uint32',
  Started: 'boolean',
} as const;
function ours(): number {
  const find = (element: XmlElement, local: string): XmlElement =>
    element.children.find((child) => child.local === local)!;
  const found = find(find(find(parseXml(text), 'Body'), 'PullResponse'), 'Items').children;
  return found.map((item) => decodeInstance(item, schema)).length;
}
/** Its defaults, with namespaces removed: a plain object, the least work it offers. */
const parser = new XMLParser({ ignoreAttributes: false, removeNSPrefix: true });
function theirs(): number {
  const parsed = parser.parse(text) as {
    Envelope: { Body: { PullResponse: { Items: { Win32_Service: unknown[] } } } };
  };
  return parsed.Envelope.Body.PullResponse.Items.Win32_Service.length;
}
if (ours() !== theirs()) throw new Error('the two parsers found different numbers of services');

function rate(decode: () => number): number {
  const began = performance.now();
  let runs = 0;
  while (performance.now() - began < 1000) {
    decode();
    runs += 1;
  }
  return (runs * megabytes * 1000) / (performance.now() - began);
}
rate(ours);
rate(theirs);
const pairs = Array.from({ length: 5 }, () => ({ ours: rate(ours), theirs: rate(theirs) }));
print({
  name: 'decode.rate',
  value: median(pairs.map((pair) => pair.ours)),
  unit: 'MB/s of a 500 KB enumeration to typed objects',
  reference: 'fast-xml-parser on the same text',
  ratio: median(pairs.map((pair) => pair.ours / pair.theirs)),
  goal: '≥ 20 MB/s, ratio ≥ 2.5',
});
