/** Faults of HTTP, other makes, and of signing in. */

import { createHash } from 'node:crypto';
import { makeCertificate } from '../../wsman/auth/test-certificates.ts';
import { type FaultCase, labName, targetOf } from './bench.test-suite.ts';
import { onServer } from './network-faults.test-suite.ts';

export const httpFaults: readonly FaultCase[] = [
  onServer('IIS answers 404', 'HTTP', 'iis-404', 'iis'),
  onServer('IIS answers 403', 'HTTP', 'iis-403', 'iis'),
  onServer('IIS answers 401 with Negotiate', 'HTTP', 'iis-401', 'iis'),
  onServer('HTTP.sys knows no such prefix: 404', 'HTTP', 'http-sys-404', 'wrong-path', {
    set: [/URL prefix/, /another program/, /WinRM is stopped/],
  }),
  onServer('HTTP.sys wants a client certificate: 403', 'HTTP', 'http-sys-403', 'forbidden', {
    set: [/client certificate/, /proxy/],
  }),
  onServer('WinRM stopped, HTTP.sys answers 503', 'HTTP', 'http-sys-503', 'service-unavailable', {
    set: [/stopped/, /limits/],
  }),
  onServer('headers too large: 400', 'HTTP', 'http-sys-400', 'bad-request', {
    set: [/Kerberos ticket/, /host name/, /between/],
  }),
  onServer('413', 'HTTP', 'http-413', 'too-large'),
  onServer('a proxy wants a password: 407', 'HTTP', 'proxy-407', 'proxy'),
  onServer('a gateway does not reach it: 502', 'HTTP', 'gateway-502', 'gateway'),
  onServer('a web server takes no POST: 405', 'HTTP', 'web-405', 'method-refused'),
  onServer('a relay drops the length: 411', 'HTTP', 'web-411', 'method-refused'),
  onServer('redirect', 'HTTP', 'redirect', 'redirect', { says: /portal\.example/ }),
  onServer('chunks that cannot be read', 'HTTP', 'broken-chunks', 'broken-http'),
  onServer('an antivirus answers with a page of its own', 'HTTP', 'antivirus-page', 'web-page', {
    set: [/security product/, /another program/],
  }),
  onServer('something strips WWW-Authenticate', 'HTTP', 'stripped-challenge', 'no-scheme', {
    set: [/switched off/, /strips/, /certificates/],
  }),
  {
    name: 'another URL prefix than the listener has',
    layer: 'HTTP',
    source: 'MS-WSMV 2.2.4.36 (URLPrefix); the lab answers 404 as HTTP.sys',
    expected: 'wrong-path',
    set: [/URL prefix/],
    arrange: async ({ machine }) => ({ target: { ...targetOf(machine), path: '/management' } }),
  },
  {
    name: 'unencrypted message to a machine that takes none: empty 500',
    layer: 'HTTP',
    source:
      'MS-WSMV 3.1.4.1.29.1 (AllowUnencrypted=false); empty 500 as pywinrm reports it of Windows (diyan/pywinrm#129)',
    expected: 'unsealed-refused',
    arrange: async ({ machine }) => ({
      target: { ...targetOf(machine), authentication: 'basic', allowClearText: true },
    }),
  },
];

export const makeFaults: readonly FaultCase[] = [
  {
    name: 'OMI, which is no WinRM',
    layer: 'make',
    source: 'Identify and bodies as OMI 1.0.8 sends them (lab stack omi)',
    expected: 'other-make',
    says: /OMI/,
    arrange: async (bench) => ({
      target: targetOf((await bench.labOf({ machines: 1, stacks: ['omi'] })).machines[0]!),
    }),
  },
  onServer('iDRAC: Digest only, Negotiate is set', 'make', 'idrac-digest', 'sign-in-scheme-not-offered', {
    says: /Digest/,
  }),
  {
    name: 'a management controller that takes Digest, Negotiate is set',
    layer: 'make',
    source: 'RFC 7616 3.3 (lab --controllers)',
    expected: 'sign-in-scheme-not-offered',
    says: /Digest/,
    arrange: async (bench) => ({
      target: targetOf((await bench.labOf({ machines: 1, auth: 'digest,basic' })).machines[0]!),
    }),
  },
  {
    name: 'WinRM 1.1 (Server 2008): works, with its limits',
    layer: 'make',
    source: 'MS-WSMV 3.1.4.1.23 note 72 (Stack: 1.1); lab stack 1.1',
    expected: 'works',
    says: /WinRM 1\.1/,
    arrange: async (bench) => {
      const machine = (await bench.labOf({ machines: 1, stacks: ['1.1'] })).machines[0]!;
      return { target: { ...targetOf(machine), host: labName(machine.name) } };
    },
  },
];

export const signInFaults: readonly FaultCase[] = [
  onServer('only Basic is offered, Negotiate is set', 'auth', 'only-basic', 'sign-in-scheme-not-offered', {
    says: /Basic/,
  }),
  onServer('only Negotiate is offered, Basic is set', 'auth', 'only-negotiate', 'sign-in-scheme-not-offered', {
    says: /Negotiate/,
    target: { authentication: 'basic', allowClearText: true },
  }),
  {
    name: 'wrong password: the bare 401 of NTLM',
    layer: 'auth',
    source: 'MS-NLMP 3.2.5.1.2 (no reason is given); MS-WSMV 2.2.9.1',
    expected: 'sign-in-rejected',
    set: [/wrong user name or password/, /locked, disabled or expired/, /password has expired/, /channel binding/],
    arrange: async ({ machine }) => ({ target: targetOf(machine), userName: 'CORP\\alice', password: 'wrong' }),
  },
  {
    name: 'a local administrator whose token UAC filters, on 2008 R2: 401',
    layer: 'auth',
    source: 'KB951016 (LocalAccountTokenFilterPolicy); lab account helpdesk on stack 2.0',
    expected: 'sign-in-rejected',
    set: [/UAC/],
    arrange: async (bench) => ({
      target: targetOf((await bench.labOf({ machines: 1, stacks: ['2.0'] })).machines[0]!),
      userName: '.\\helpdesk',
      password: 'Windeck-Lab-3!',
    }),
  },
  {
    name: 'Basic with an account of the domain',
    layer: 'auth',
    source: 'MS-WSMV appendix note 79 (Basic: local accounts only); lab account alice',
    expected: 'sign-in-rejected',
    set: [/wrong user name or password/, /account of a domain/, /locked/],
    arrange: async (bench) => {
      const [machine] = (await bench.labOf({ machines: 1, https: true })).machines;
      return {
        target: {
          ...targetOf(machine!),
          authentication: 'basic',
          tls: { pin: machine!.certificateSha256!, skipNameCheck: false, skipAuthorityCheck: false },
        },
        userName: 'alice',
        password: 'Windeck-Lab-4!',
      };
    },
  },
  {
    name: 'TLS is ended in between, and the machine wants a channel binding',
    layer: 'auth',
    source: 'RFC 5929 4 (tls-server-end-point), MS-WSMV 2.2.4.34 (CbtHardeningLevel); an inspecting relay',
    expected: 'sign-in-rejected',
    set: [/channel binding/],
    arrange: async (bench) => {
      const [machine] = (await bench.labOf({ machines: 1, https: true })).machines;
      const certificate = makeCertificate({ names: [labName('srv')] });
      const pin = createHash('sha256').update(certificate.der).digest('hex').toUpperCase();
      const port = await bench.inspectingRelay(machine!, certificate);
      return { target: { transport: 'https', port, tls: { pin, skipNameCheck: false, skipAuthorityCheck: false } } };
    },
  },
  {
    name: 'a client certificate that maps to no account',
    layer: 'auth',
    source: 'MS-WSMV 3.1.4.1.35; 401 as reported of Windows (diyan/pywinrm#311)',
    expected: 'sign-in-certificate-not-mapped',
    set: [/mapped to no account/, /switched off/, /authority/],
    arrange: async (bench) => {
      const lab = await bench.labOf({ machines: 1, https: true, auth: 'certificate,ntlm' });
      const [machine] = lab.machines;
      const { certificatePem, keyPem } = lab.unmappedClientCertificate!;
      return {
        target: {
          ...targetOf(machine!),
          authentication: 'certificate',
          tls: { pin: machine!.certificateSha256!, skipNameCheck: false, skipAuthorityCheck: false },
          clientCertificate: async () => ({
            format: 'pem',
            certificates: certificatePem,
            key: keyPem,
            passphrase: null,
          }),
        },
      };
    },
  },
  {
    name: 'NTLM over plain HTTP to a machine that is not trusted',
    layer: 'auth',
    source: 'winerror.h 0x803380E4 (TrustedHosts); nothing is sent',
    expected: 'sign-in-not-trusted',
    arrange: async ({ machine }) => ({ target: { ...targetOf(machine), trusted: false } }),
  },
  {
    name: 'Basic over plain HTTP without leave',
    layer: 'auth',
    source: 'RFC 7617 4; winerror.h 0x803380DE; nothing is sent',
    expected: 'sign-in-clear-text-refused',
    arrange: async ({ machine }) => ({ target: { ...targetOf(machine), authentication: 'basic' } }),
  },
  {
    name: 'a relay takes a new connection for each leg',
    layer: 'auth',
    source: 'RFC 4559 6 (all legs on one connection); lab drop-between-legs',
    expected: 'sign-in-cut',
    set: [/proxy or load balancer/, /service ends/],
    arrange: async ({ lab, machine }) => {
      await lab.misbehave(machine.name, { kind: 'drop-between-legs' });
      return { target: targetOf(machine) };
    },
  },
];
