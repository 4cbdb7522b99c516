import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientChallengeBlob, ntowfV1, ntowfV2, ntProofStr } from '../wsman/auth/ntlm/crypto.ts';
import {
  encodeAuthenticateMessage,
  encodeAvPairs,
  encodeNegotiateMessage,
  NtlmFlag,
  parseChallengeMessage,
} from '../wsman/auth/ntlm/messages.ts';
import { wrapMessage } from '../wsman/transport/message-encryption.ts';
import {
  createBasicClient,
  createNtlmClient,
  createRawClient,
  faultCode,
  type RawClient,
  textIn,
} from './lab-test-client.ts';
import { configUri, identifyMessage, requestMessage, transfer, wmiUri } from './lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from './start-lab.ts';

const soapType = { 'Content-Type': 'application/soap+xml;charset=UTF-8' };
const getWinrm = (): string =>
  requestMessage({ action: `${transfer}/Get`, resourceUri: wmiUri('Win32_Service'), selectors: { Name: 'WinRM' } });

/** One message in clear text, signed in for as go-ntlmssp and others do: no SIGN, no SEAL, no key exchange (MS-NLMP 2.2.2.5). */
async function sendByUnsealedNtlm(client: RawClient, { user, password }: LabMachine, message: string) {
  const flags = NtlmFlag.UNICODE | NtlmFlag.NTLM | NtlmFlag.EXTENDED_SESSIONSECURITY | NtlmFlag.KEY_128;
  const header = (token: Uint8Array) => ({
    ...soapType,
    Authorization: `Negotiate ${Buffer.from(token).toString('base64')}`,
  });
  const first = await client.request({ headers: header(encodeNegotiateMessage(flags)) });
  expect(first.status).toBe(401);
  const challenge = parseChallengeMessage(Buffer.from(first.challenges[0]!.slice('Negotiate '.length), 'base64'));
  const blob = clientChallengeBlob(new Uint8Array(8), Buffer.alloc(8, 7), encodeAvPairs(challenge.targetInfo));
  const proof = ntProofStr(ntowfV2(ntowfV1(password), user, ''), challenge.serverChallenge, blob);
  const authenticate = encodeAuthenticateMessage({
    flags,
    lmChallengeResponse: new Uint8Array(24),
    ntChallengeResponse: Buffer.concat([proof, blob]),
    domainName: '',
    userName: user,
    workstation: '',
    encryptedRandomSessionKey: new Uint8Array(0),
  });
  return client.request({ headers: header(authenticate), body: message });
}

describe('HTTP', () => {
  let lab: Lab;
  let machine: LabMachine;
  beforeAll(async () => {
    lab = await startLab({ machines: 2 });
    machine = lab.machines[0]!;
  });
  afterAll(() => lab?.close());

  async function rawRequest(options: Parameters<ReturnType<typeof createRawClient>['request']>[0], host?: string) {
    const client = createRawClient(machine, host);
    try {
      return await client.request(options);
    } finally {
      client.close();
    }
  }

  it('answers 404, 405, 401 and 415 where HTTP.sys and WinRM do', async () => {
    expect((await rawRequest({ path: '/other' })).status).toBe(404);
    expect((await rawRequest({ method: 'GET' })).status).toBe(405);
    const challenge = await rawRequest({ headers: soapType, body: getWinrm() });
    expect(challenge.status).toBe(401);
    expect(challenge.body).toHaveLength(0);
    expect(challenge.headers['content-length']).toBe('0');
    expect(challenge.headers.server).toBe('Microsoft-HTTPAPI/2.0');
    expect(challenge.challenges).toEqual(['Negotiate', 'Basic realm="WSMAN"']);
    const client = await createNtlmClient(machine);
    const { body } = { body: wrapMessage(client.context!, Buffer.from(getWinrm())) };
    const wrong = await client.raw.request({ headers: { 'Content-Type': 'text/xml' }, body });
    client.close();
    // Neither SOAP nor sealed: unencrypted traffic comes first.
    expect(wrong.status).toBe(500);
    expect(wrong.body).toHaveLength(0);
  });

  it('takes the whole URI of a proxied client, a query, and what lies below its prefix', async () => {
    const headers = { ...soapType, WSMANIDENTIFY: 'unauthenticated' };
    for (const path of [
      '/wsman?PSVersion=5.1',
      '/WSMAN/',
      '/wsman/SubscriptionManager/WEC',
      `http://web01:${machine.port}/wsman`,
    ])
      expect((await rawRequest({ path, headers, body: identifyMessage })).status).toBe(200);
    expect((await rawRequest({ path: '/wsman2', headers, body: identifyMessage })).status).toBe(404);
    expect((await rawRequest({ path: 'http://web01/other/wsman', headers, body: identifyMessage })).status).toBe(404);
  });

  it('identifies itself without credentials only to the header, and then without versions', async () => {
    const anonymous = await rawRequest({
      headers: { ...soapType, WSMANIDENTIFY: 'unauthenticated' },
      body: identifyMessage,
    });
    expect(anonymous.status).toBe(200);
    expect(anonymous.body.toString()).toContain('<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0<');
    expect(anonymous.body.toString()).not.toContain('SecurityProfile');
    expect((await rawRequest({ headers: soapType, body: identifyMessage })).status).toBe(401);
    const other = await rawRequest({ headers: { ...soapType, WSMANIDENTIFY: 'unauthenticated' }, body: getWinrm() });
    expect(other.status).toBe(500);
    expect(other.body.toString()).toContain('w:AccessDenied');
  });

  it('listens on both loopback families', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const client = await createNtlmClient(machine, { host });
      const answer = await client.send(getWinrm());
      client.close();
      expect(answer.sealed).toBe(true);
      expect(textIn(answer, 'Name')).toBe('WinRM');
    }
  });

  it.each(['raw', 'spnego'] as const)('speaks sealed NTLM, %s, over many messages', async (form) => {
    const client = await createNtlmClient(machine, { form });
    for (let turn = 0; turn < 5; turn++) {
      const answer = await client.send(getWinrm());
      expect(answer.sealed).toBe(true);
      expect(textIn(answer, 'State')).toBe('Running');
    }
    const identity = await client.send(identifyMessage);
    expect(identity.text).toContain('OS: 10.0.20348 SP: 0.0 Stack: 3.0');
    expect(identity.text).toContain('secprofile/http/spnego-kerberos');
    client.close();
  });

  it('lets the first message ride on the last leg', async () => {
    const before = await lab.statistics(machine.name);
    const client = await createNtlmClient(machine, { firstMessage: getWinrm() });
    expect(client.firstAnswer?.sealed).toBe(true);
    expect(textIn(client.firstAnswer!, 'Name')).toBe('WinRM');
    expect(textIn(await client.send(getWinrm()), 'Name')).toBe('WinRM');
    client.close();
    const after = await lab.statistics(machine.name);
    expect(after.handshakes - before.handshakes).toBe(1);
    expect(after.acceptedConnections - before.acceptedConnections).toBe(1);
  });

  it('refuses a wrong password and an unknown user', async () => {
    await expect(createNtlmClient(machine, { password: 'wrong' })).rejects.toThrow('401');
    await expect(createNtlmClient(machine, { form: 'spnego', password: 'wrong' })).rejects.toThrow('401');
    await expect(createNtlmClient(machine, { user: 'nobody' })).rejects.toThrow('401');
  });

  it('answers a spoiled signature, a replay and a clear-text body with an empty 500', async () => {
    const message = getWinrm();
    const sealedType = {
      'Content-Type':
        'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"',
    };

    const spoiled = await createNtlmClient(machine);
    const frame = wrapMessage(spoiled.context!, Buffer.from(message));
    const at = Buffer.from(frame).indexOf('octet-stream\r\n') + 14 + 4 + 6;
    frame[at] = frame[at]! ^ 1;
    const first = await spoiled.raw.request({ headers: sealedType, body: frame });
    spoiled.close();
    expect([first.status, first.body.length]).toEqual([500, 0]);

    const replaying = await createNtlmClient(machine);
    const good = wrapMessage(replaying.context!, Buffer.from(message));
    expect((await replaying.raw.request({ headers: sealedType, body: good })).status).toBe(200);
    const again = await replaying.raw.request({ headers: sealedType, body: good });
    replaying.close();
    expect([again.status, again.body.length]).toEqual([500, 0]);

    const clear = await createNtlmClient(machine);
    const plain = await clear.raw.request({ headers: soapType, body: message });
    clear.close();
    expect([plain.status, plain.body.length, plain.headers.connection]).toEqual([500, 0, 'close']);
  });

  it('takes Basic over HTTP only once the machine allows unencrypted traffic', async () => {
    const lonely = lab.machines.find(({ name }) => name !== machine.name)!;
    const basic = createBasicClient(lonely);
    await expect(basic.send(getWinrm())).rejects.toThrow('empty, with status 500');
    const admin = await createNtlmClient(lonely);
    const service = await admin.send(
      requestMessage({ action: `${transfer}/Get`, resourceUri: `${configUri}/service` }),
    );
    const managed = /<cfg:AllowUnencrypted Source="GPO">/.test(service.text);
    const put = await admin.send(
      requestMessage({
        action: `${transfer}/Put`,
        resourceUri: `${configUri}/service`,
        body: `<cfg:Service xmlns:cfg="${configUri}/service"><cfg:AllowUnencrypted>true</cfg:AllowUnencrypted></cfg:Service>`,
      }),
    );
    if (managed) {
      expect(faultCode(put)).toBe(2150858890);
    } else {
      expect(put.status).toBe(200);
      expect(textIn(await basic.send(getWinrm()), 'Name')).toBe('WinRM');
    }
    admin.close();
    basic.close();
  });

  it('signs in a client that cannot seal, and takes its clear text only once the machine allows it', async () => {
    const own = await startLab({ machines: 1, stacks: ['3.0'] });
    try {
      const target = own.machines[0]!;
      const unsealed = async () => {
        const client = createRawClient(target);
        try {
          const answer = await sendByUnsealedNtlm(client, target, getWinrm());
          return [answer.status, answer.body.length > 0];
        } finally {
          client.close();
        }
      };
      expect(await unsealed()).toEqual([500, false]);
      const admin = await createNtlmClient(target);
      await admin.send(
        requestMessage({
          action: `${transfer}/Put`,
          resourceUri: `${configUri}/service`,
          body: `<cfg:Service xmlns:cfg="${configUri}/service"><cfg:AllowUnencrypted>true</cfg:AllowUnencrypted></cfg:Service>`,
        }),
      );
      admin.close();
      expect(await unsealed()).toEqual([200, true]);
    } finally {
      await own.close();
    }
  });

  it('answers 413 to a body that is larger than MaxEnvelopeSizekb', async () => {
    const answer = await rawRequest({ headers: soapType, body: 'x'.repeat(600 * 1024) }).catch((error: Error) => error);
    // The connection may end while the rest is still being sent.
    if (!(answer instanceof Error)) expect(answer.status).toBe(413);
    else expect(answer.message).toMatch(/ECONNRESET|EPIPE|socket hang up/);
  });

  it('sends head and body of an answer in one piece', async () => {
    const socket = net.connect({ host: '127.0.0.1', port: machine.port });
    const chunks: Buffer[] = [];
    const first = new Promise<Buffer>((resolve, reject) => {
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        resolve(chunk);
      });
      socket.on('error', reject);
      socket.setTimeout(10_000, () => reject(new Error('no answer')));
    });
    socket.write(
      `POST /wsman HTTP/1.1\r\nHost: x\r\nWSMANIDENTIFY: unauthenticated\r\nContent-Type: application/soap+xml\r\nContent-Length: ${Buffer.byteLength(identifyMessage)}\r\n\r\n${identifyMessage}`,
    );
    expect((await first).toString()).toMatch(/^HTTP\/1\.1 200 [\s\S]*<\/s:Envelope>$/);
    socket.destroy();
  });
});

describe('HTTPS', () => {
  let lab: Lab;
  let machine: LabMachine;
  beforeAll(async () => {
    lab = await startLab({ machines: 1, https: true });
    machine = lab.machines[0]!;
  });
  afterAll(() => lab?.close());

  it('says which certificate it has', async () => {
    const { createHash, X509Certificate } = await import('node:crypto');
    const certificate = new X509Certificate(machine.certificatePem!);
    expect(createHash('sha256').update(certificate.raw).digest('hex').toUpperCase()).toBe(machine.certificateSha256);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost(`${machine.name}.corp.example`)).toBeDefined();
  });

  it('speaks NTLM with the right channel binding, and refuses another one', async () => {
    const client = await createNtlmClient(machine);
    expect(textIn(await client.send(getWinrm()), 'Name')).toBe('WinRM');
    client.close();
    await expect(createNtlmClient(machine, { channelBinding: Buffer.alloc(16, 7) })).rejects.toThrow('401');
  });

  it('takes Basic, and refuses a wrong password', async () => {
    const client = createBasicClient(machine);
    expect(textIn(await client.send(getWinrm()), 'Name')).toBe('WinRM');
    client.close();
    const wrong = createBasicClient(machine, { user: machine.user, password: 'wrong' });
    await expect(wrong.send(getWinrm())).rejects.toThrow('401');
    wrong.close();
  });

  it('answers 415 to a Content-Type that is not SOAP', async () => {
    const client = createRawClient(machine);
    const authorization = `Basic ${Buffer.from(`${machine.user}:${machine.password}`).toString('base64')}`;
    const answer = await client.request({
      headers: { Authorization: authorization, 'Content-Type': 'text/xml' },
      body: getWinrm(),
    });
    client.close();
    expect(answer.status).toBe(415);
  });

  it('lets an account without rights in, but not further than Identify', async () => {
    const client = createBasicClient(machine, { user: 'reader', password: 'Windeck-Lab-2!' });
    expect((await client.send(identifyMessage)).status).toBe(200);
    const answer = await client.send(getWinrm());
    client.close();
    expect([answer.status, faultCode(answer)]).toEqual([500, 5]);
  });
});
