import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDigestSession, parseDigestChallenges } from '../wsman/auth/digest.ts';
import { fleetAccounts } from './authentication/accounts.ts';
import {
  createBasicClient,
  createHeaderClient,
  createNtlmClient,
  createRawClient,
  faultCode,
  type SoapClient,
  textIn,
} from './lab-test-client.ts';
import { configUri, identifyMessage, requestMessage, transfer, wmiUri } from './lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from './start-lab.ts';

const getWinrm = requestMessage({
  action: `${transfer}/Get`,
  resourceUri: wmiUri('Win32_Service'),
  selectors: { Name: 'WinRM' },
});
const passwordOf = (user: string): string => fleetAccounts.find((account) => account.user === user)!.password;
const basic = (user: string, password = passwordOf(user)): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

async function setAuth(machine: LabMachine, settings: Readonly<Record<string, string>>): Promise<void> {
  const admin = await createNtlmClient(machine);
  const inner = Object.entries(settings).map(([name, value]) => `<cfg:${name}>${value}</cfg:${name}>`);
  const resourceUri = `${configUri}/service/auth`;
  const body = `<cfg:Auth xmlns:cfg="${resourceUri}">${inner.join('')}</cfg:Auth>`;
  const answer = await admin.send(requestMessage({ action: `${transfer}/Put`, resourceUri, body }));
  admin.close();
  expect(answer.status).toBe(200);
}

async function challengesOf(machine: LabMachine): Promise<readonly string[]> {
  const raw = createRawClient(machine);
  const { status, challenges } = await raw.request({});
  raw.close();
  expect(status).toBe(401);
  return challenges;
}

describe('what is offered', () => {
  it.each([
    [undefined, ['Negotiate', 'Basic realm="WSMAN"']],
    ['ntlm', ['Negotiate']],
    ['basic', ['Basic realm="WSMAN"']],
    ['Basic, NTLM', ['Negotiate', 'Basic realm="WSMAN"']],
    [
      'digest',
      [
        expect.stringMatching(/^Digest realm="OPENWSMAN", qop="auth", algorithm=SHA-256, nonce="/),
        expect.stringMatching(/^Digest realm="OPENWSMAN", qop="auth", algorithm=MD5, nonce="/),
        'Basic realm="OPENWSMAN"',
      ],
    ],
  ])('--auth %s', async (auth, expected) => {
    const lab = await startLab({ machines: 1, ...(auth === undefined ? {} : { auth }) });
    try {
      expect(await challengesOf(lab.machines[0]!)).toEqual(expected);
    } finally {
      await lab.close();
    }
  });

  it('what is switched off in the settings is neither offered nor taken', async () => {
    const lab = await startLab({ machines: 1, https: true });
    try {
      const machine = lab.machines[0]!;
      await setAuth(machine, { Basic: 'false' });
      expect(await challengesOf(machine)).toEqual(['Negotiate']);
      await expect(createBasicClient(machine).send(getWinrm)).rejects.toThrow('401');
      await setAuth(machine, { Basic: 'true', Negotiate: 'false' });
      expect(await challengesOf(machine)).toEqual(['Basic realm="WSMAN"']);
      await expect(createNtlmClient(machine)).rejects.toThrow('401');
    } finally {
      await lab.close();
    }
  });
});

describe('accounts', () => {
  let lab: Lab;
  const machine = (index: number): LabMachine => lab.machines[index]!;
  beforeAll(async () => {
    // The seventh is a Windows Server 2008 R2.
    lab = await startLab({ machines: 7, https: true });
  });
  afterAll(() => lab?.close());

  it('a local administrator whose token UAC filters comes in and may do nothing', async () => {
    const helpdesk = await createNtlmClient(machine(0), { user: 'helpdesk', password: passwordOf('helpdesk') });
    expect((await helpdesk.send(identifyMessage)).status).toBe(200);
    expect(faultCode(await helpdesk.send(getWinrm))).toBe(5);
    helpdesk.close();
    const withBasic = createHeaderClient(createRawClient(machine(0)), basic('helpdesk'));
    expect(faultCode(await withBasic.send(getWinrm))).toBe(5);
    withBasic.close();
  });

  it('and does not even come in on Windows Server 2008 R2', async () => {
    await expect(createNtlmClient(machine(6), { user: 'helpdesk', password: passwordOf('helpdesk') })).rejects.toThrow(
      '401',
    );
    const administrator = await createNtlmClient(machine(6));
    expect(textIn(await administrator.send(getWinrm), 'Name')).toBe('WinRM');
    administrator.close();
  });

  it('an account of the domain is none of the machine: not for Basic, not by its own name', async () => {
    const password = passwordOf('alice');
    for (const user of ['alice', 'CORP\\alice', 'alice@corp.example']) {
      const alice = await createNtlmClient(machine(0), { user, password });
      expect(textIn(await alice.send(getWinrm), 'Name')).toBe('WinRM');
      alice.close();
    }
    for (const user of ['.\\alice', `${machine(0).name}\\alice`])
      await expect(createNtlmClient(machine(0), { user, password })).rejects.toThrow('401');
    const withBasic = createHeaderClient(createRawClient(machine(0)), basic('alice'));
    await expect(withBasic.send(getWinrm)).rejects.toThrow('401');
    withBasic.close();
  });

  it('counts what was tried, by account and scheme', async () => {
    const target = machine(1);
    const before = await lab.attempts();
    await expect(createNtlmClient(target, { user: 'CORP\\Reader', password: 'wrong' })).rejects.toThrow('401');
    const client = createHeaderClient(createRawClient(target), basic('reader', 'wrong'));
    await expect(client.send(getWinrm)).rejects.toThrow('401');
    await expect(client.send(getWinrm)).rejects.toThrow('401');
    client.close();
    expect((await lab.statistics(target.name)).attempts).toEqual({ reader: { NTLM: 1, Basic: 2 } });
    const reader = before['reader'] ?? {};
    expect((await lab.attempts())['reader']).toEqual({
      ...reader,
      NTLM: (reader.NTLM ?? 0) + 1,
      Basic: (reader.Basic ?? 0) + 2,
    });
  });

  const wrong = Buffer.alloc(16, 9);
  it.each([
    ['None', [true, true, true]],
    ['Relaxed', [true, true, false]],
    ['Strict', [true, false, false]],
  ] as const)(
    'CbtHardeningLevel %s: NTLM with the right, without, with a wrong channel binding',
    async (level, expected) => {
      const target = machine(2);
      await setAuth(target, { CbtHardeningLevel: level });
      const comesIn = async (options: { channelBinding?: Uint8Array | null }): Promise<boolean> => {
        const client = await createNtlmClient(target, options).catch((error: Error) => {
          expect(error.message).toContain('401');
          return null;
        });
        client?.close();
        return client !== null;
      };
      const seen = [
        await comesIn({}),
        await comesIn({ channelBinding: null }),
        await comesIn({ channelBinding: wrong }),
      ];
      expect(seen).toEqual(expected);
    },
  );
});

describe('what goes wrong at the door', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ machines: 1 });
  });
  afterAll(() => lab?.close());

  it('401 without WWW-Authenticate', async () => {
    const machine = lab.machines[0]!;
    await lab.misbehave(machine.name, { kind: 'bare-401', times: 1 });
    expect(await challengesOf(machine)).toEqual([]);
    expect(await challengesOf(machine)).toEqual(['Negotiate', 'Basic realm="WSMAN"']);
  });

  it('the connection ends on the second leg', async () => {
    const machine = lab.machines[0]!;
    await lab.misbehave(machine.name, { kind: 'drop-between-legs' });
    await expect(createNtlmClient(machine)).rejects.toThrow(/socket hang up|ECONNRESET/);
    await lab.misbehave(machine.name, null);
    const client = await createNtlmClient(machine);
    // A finished context is not what it applies to.
    await lab.misbehave(machine.name, { kind: 'drop-between-legs' });
    expect(textIn(await client.send(getWinrm), 'Name')).toBe('WinRM');
    client.close();
    await lab.misbehave(machine.name, null);
  });

  it('NTLM that a policy forbids', async () => {
    const machine = lab.machines[0]!;
    await lab.misbehave(machine.name, { kind: 'kerberos-only' });
    await expect(createNtlmClient(machine)).rejects.toThrow('401');
    await lab.misbehave(machine.name, null);
  });
});

const mutual = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';
const mappingUri = `${configUri}/service/certmapping`;
interface Keys {
  readonly Issuer: string;
  readonly Subject: string;
  readonly URI: string;
}
const mappingMessage = (action: string, selectors: Keys, inner?: string): string =>
  requestMessage({
    action: `${transfer}/${action}`,
    resourceUri: mappingUri,
    selectors: { ...selectors },
    ...(inner === undefined ? {} : { body: `<c:CertMapping xmlns:c="${mappingUri}">${inner}</c:CertMapping>` }),
  });
const listMappings = requestMessage({
  action: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate',
  resourceUri: mappingUri,
  body: '<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements></n:Enumerate>',
});
const account = (user: string, password = passwordOf(user)): string =>
  `<c:UserName>${user}</c:UserName><c:Password>${password}</c:Password>`;

describe('client certificates', () => {
  let lab: Lab;
  let machine: LabMachine;
  let issuer: string;
  let admin: SoapClient;
  beforeAll(async () => {
    lab = await startLab({ machines: 1, https: true, auth: 'ntlm,certificate' });
    machine = lab.machines[0]!;
    admin = await createNtlmClient(machine);
    issuer = textIn(await admin.send(listMappings), 'Issuer')!;
  });
  afterAll(async () => {
    admin?.close();
    await lab?.close();
  });

  type Certificate = NonNullable<Lab['clientCertificate']>;
  const clientWith = ({ certificatePem, keyPem }: Certificate): SoapClient =>
    createHeaderClient(createRawClient(machine, 'localhost', { cert: certificatePem, key: keyPem }), mutual);

  it('a mapped one is the account it is mapped to; PEM and PFX alike', async () => {
    const { pfx, passphrase } = lab.clientCertificate!;
    const fromPfx = createRawClient(machine, 'localhost', { pfx: Buffer.from(pfx, 'base64'), passphrase });
    for (const client of [clientWith(lab.clientCertificate!), createHeaderClient(fromPfx, mutual)]) {
      expect(textIn(await client.send(getWinrm), 'Name')).toBe('WinRM');
      expect((await client.send(identifyMessage)).text).toContain('secprofile/https/mutual');
      client.close();
    }
  });

  it('without one, with an unmapped one, with another authority’s: 401', async () => {
    const other = await startLab({ machines: 1, https: true, auth: 'certificate' });
    try {
      for (const certificate of [lab.unmappedClientCertificate!, other.clientCertificate!]) {
        const client = clientWith(certificate);
        await expect(client.send(getWinrm)).rejects.toThrow('401');
        client.close();
      }
    } finally {
      await other.close();
    }
    const none = createHeaderClient(createRawClient(machine), mutual);
    await expect(none.send(getWinrm)).rejects.toThrow('401');
    none.close();
    // The certificate alone says nothing; the header does.
    const silent = createRawClient(machine, 'localhost', {
      cert: lab.clientCertificate!.certificatePem,
      key: lab.clientCertificate!.keyPem,
    });
    expect((await silent.request({ body: getWinrm })).status).toBe(401);
    silent.close();
  });

  it('nobody else is disturbed by the question', async () => {
    const anonymous = createRawClient(machine);
    const headers = { 'Content-Type': 'application/soap+xml;charset=UTF-8', WSMANIDENTIFY: 'unauthenticated' };
    expect((await anonymous.request({ headers, body: identifyMessage })).status).toBe(200);
    anonymous.close();
    expect(textIn(await admin.send(getWinrm), 'Name')).toBe('WinRM');
  });

  it('mappings are made, shown without their password, changed and deleted', async () => {
    const keys = { Issuer: issuer, Subject: '*@mig.example', URI: '*' };
    const created = await admin.send(mappingMessage('Create', keys, account('reader')));
    expect(created.status).toBe(200);
    expect(created.text).toContain('<w:Selector Name="Subject">*@mig.example</w:Selector>');
    expect(faultCode(await admin.send(mappingMessage('Create', keys, account('reader'))))).toBe(183);
    const shown = await admin.send(mappingMessage('Get', keys));
    expect(shown.text).toMatch(
      /<cfg:URI>\*<\/cfg:URI><cfg:Subject>\*@mig\.example<\/cfg:Subject><cfg:Issuer>[0-9A-F]{40}<\/cfg:Issuer><cfg:UserName>reader<\/cfg:UserName><cfg:Enabled>true<\/cfg:Enabled><cfg:Password\/>/,
    );
    expect(shown.text).not.toContain(passwordOf('reader'));
    const put = await admin.send(mappingMessage('Put', keys, '<c:Enabled>false</c:Enabled><c:Password/>'));
    expect(textIn(put, 'Enabled')).toBe('false');
    expect(faultCode(await admin.send(mappingMessage('Put', keys, '<c:Subject>*</c:Subject>')))).toBe(2150859122);
    const list = await admin.send(listMappings);
    expect(list.text.match(/<cfg:CertMapping /g)).toHaveLength(2);
    expect((await admin.send(mappingMessage('Delete', keys))).status).toBe(200);
    expect(faultCode(await admin.send(mappingMessage('Get', keys)))).toBe(2150858752);
  });

  it.each([
    ['a thumbprint that is none', { Issuer: '1212' }, account('reader'), 2150858817],
    ['an asterisk in the middle', { Subject: 'a*b' }, account('reader'), 2150858817],
    ['an asterisk before the end of the URI', { URI: '*/x' }, account('reader'), 2150858817],
    ['a URI with a question mark', { URI: 'http://x?y' }, account('reader'), 2150858817],
    ['no password', {}, '<c:UserName>reader</c:UserName>', 2150858839],
    ['a wrong password', {}, account('reader', 'wrong'), 1326],
    ['an account of the domain', {}, account('alice'), 1326],
  ])('refuses %s', async (_what, keys, inner, code) => {
    const whole = { Issuer: issuer, Subject: '*@refused.example', URI: '*', ...keys };
    expect(faultCode(await admin.send(mappingMessage('Create', whole, inner)))).toBe(code);
  });

  it('the longest Subject, then the longest URI decides; ambiguity and other resources are refused', async () => {
    const nobody = clientWith(lab.unmappedClientCertificate!);
    const map = async (Subject: string, URI: string, user: string): Promise<Keys> => {
      const keys = { Issuer: issuer, Subject, URI };
      expect((await admin.send(mappingMessage('Create', keys, account(user)))).status).toBe(200);
      return keys;
    };
    const made = [await map('*@localhost', wmiUri('*'), 'Administrator')];
    expect(textIn(await nobody.send(getWinrm), 'Name')).toBe('WinRM');
    // It has come in, but not for winrm/config.
    const getConfig = requestMessage({ action: `${transfer}/Get`, resourceUri: configUri });
    expect(faultCode(await nobody.send(getConfig))).toBe(5);
    made.push(await map('*body@localhost', '*', 'reader'));
    expect(faultCode(await nobody.send(getWinrm))).toBe(5);
    made.push(await map('*body@localhost', wmiUri('Win32_*'), 'Administrator'));
    expect(textIn(await nobody.send(getWinrm), 'Name')).toBe('WinRM');
    // As long in both, so neither of the two counts.
    made.push(await map('nobody@localhos*', wmiUri('Win32_*'), 'Administrator'));
    made.push(await map('*obody@localhost', wmiUri('Win32_*'), 'Administrator'));
    expect(faultCode(await nobody.send(getWinrm))).toBe(5);
    for (const keys of made) expect((await admin.send(mappingMessage('Delete', keys))).status).toBe(200);
    await expect(nobody.send(getWinrm)).rejects.toThrow('401');
    nobody.close();
  });

  it('is off where Service/Auth/Certificate is', async () => {
    await setAuth(machine, { Certificate: 'false' });
    const client = clientWith(lab.clientCertificate!);
    await expect(client.send(getWinrm)).rejects.toThrow('401');
    client.close();
    await setAuth(machine, { Certificate: 'true' });
  });

  it('asked for by renegotiation, as Windows does: TLS 1.2 and only for those who want it', async () => {
    const windows = await startLab({ machines: 1, https: true, auth: 'ntlm,certificate', renegotiate: true });
    try {
      const target = windows.machines[0]!;
      const { certificatePem, keyPem } = windows.clientCertificate!;
      const raw = createRawClient(target, 'localhost', { cert: certificatePem, key: keyPem });
      const client = createHeaderClient(raw, mutual);
      expect(textIn(await client.send(getWinrm), 'Name')).toBe('WinRM');
      expect(textIn(await client.send(getWinrm), 'Name')).toBe('WinRM');
      client.close();
      const none = createHeaderClient(createRawClient(target), mutual);
      await expect(none.send(getWinrm)).rejects.toThrow('401');
      none.close();
    } finally {
      await windows.close();
    }
  });

  it('come with dates that are now', () => {
    const { validFrom, validTo } = new X509Certificate(lab.clientCertificate!.certificatePem);
    expect(Date.parse(validFrom)).toBeLessThan(Date.now());
    expect(Date.parse(validTo)).toBeGreaterThan(Date.now());
  });
});

describe('management controllers', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ machines: 2, controllers: 1 });
  });
  afterAll(() => lab?.close());

  it('are the last machines of a fleet', async () => {
    expect(lab.machines.map(({ controller }) => controller)).toEqual([undefined, true]);
    expect(await challengesOf(lab.machines[0]!)).toEqual(['Negotiate', 'Basic realm="WSMAN"']);
  });

  it.each([0, 1])('take Digest, over plain HTTP, in clear text: challenge %i', async (index) => {
    const machine = lab.machines[1]!;
    const raw = createRawClient(machine);
    const challenge = parseDigestChallenges((await raw.request({})).challenges)[index]!;
    const session = createDigestSession(challenge, machine.user, machine.password);
    const client = createHeaderClient(raw, () => session.authorization('POST', '/wsman'));
    expect(textIn(await client.send(getWinrm), 'Name')).toBe('WinRM');
    const identity = await client.send(identifyMessage);
    expect(textIn(identity, 'ProductVendor')).toBe('Openwsman Project');
    const wrong = createDigestSession(challenge, machine.user, 'wrong');
    const refused = await raw.request({ headers: { Authorization: wrong.authorization('POST', '/wsman') } });
    expect(refused.status).toBe(401);
    // What was used once is not taken again.
    const used = session.authorization('POST', '/wsman');
    expect((await raw.request({ headers: { Authorization: used } })).status).toBe(200);
    expect((await raw.request({ headers: { Authorization: used } })).status).toBe(401);
    client.close();
    expect((await lab.statistics(machine.name)).attempts['administrator']?.Digest).toBeGreaterThan(0);
  });

  it('know no anonymous Identify and nothing of Windows', async () => {
    const machine = lab.machines[1]!;
    const raw = createRawClient(machine);
    const headers = { 'Content-Type': 'application/soap+xml;charset=UTF-8', WSMANIDENTIFY: 'unauthenticated' };
    expect((await raw.request({ headers, body: identifyMessage })).status).toBe(401);
    raw.close();
    await expect(createNtlmClient(machine)).rejects.toThrow('401');
  });
});
