import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeDer, oidBytes } from '../auth/der.ts';
import { encodeNegTokenResp, MechOid, NegState } from '../auth/neg-token.ts';
import { decodeInput } from './decode.ts';
import { type DecodedField, type DecodedMessage, DecodeError } from './field.ts';

const fixture = (path: string): Buffer => readFileSync(new URL(`../fixtures/${path}`, import.meta.url));
const decodeText = (text: string): DecodedMessage => decodeInput(Buffer.from(text));

/** The first field of a name, wherever it is. */
function find(fields: readonly DecodedField[], name: string): DecodedField | undefined {
  for (const field of fields) {
    if (field.name === name) return field;
    const inner = find(field.fields ?? [], name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
const saidOf = ({ fields }: DecodedMessage, name: string) => find(fields, name)?.value;

describe('tokens that Windows and others have sent', () => {
  test('NTLM, all three messages', () => {
    const negotiate = decodeInput(fixture('pyspnego/ntlm_negotiate'));
    expect(negotiate.kind).toBe('NTLM NEGOTIATE_MESSAGE');
    expect(saidOf(negotiate, 'NegotiateFlags')).toMatch(/^0xe20882b7 NTLMSSP_NEGOTIATE_UNICODE \| NTLM_NEGOTIATE_OEM/);
    expect(saidOf(negotiate, 'Version')).toBe('10.0 build 17763, NTLM revision 15');

    const challenge = decodeInput(fixture('pyspnego/ntlm_challenge'));
    expect(saidOf(challenge, 'ServerChallenge')).toBe('e4101014cf8a90be');
    expect(saidOf(challenge, 'MsvAvDnsComputerName')).toBe('DC01.domain.local');
    expect(saidOf(challenge, 'MsvAvTimestamp')).toBe('2020-04-30T02:46:22.414Z');

    const authenticate = decodeInput(fixture('pyspnego/ntlm_authenticate'));
    expect(saidOf(authenticate, 'UserName')).toBe('vagrant-domain@DOMAIN.LOCAL');
    expect(saidOf(authenticate, 'NTProofStr')).toBe('c543cc0d1a0fbd9ec05e1aab0771b124');
    expect(saidOf(authenticate, 'EncryptedRandomSessionKey')).toBe('3765d5afd13ec3a6c97c0726ce9f30c9');
    expect(saidOf(authenticate, 'MsvAvTargetName')).toBe('dc01.domain.local');
  });

  test('offsets name the octets that hold the value', () => {
    const token = fixture('pyspnego/ntlm_authenticate');
    const proof = find(decodeInput(token).fields, 'NTProofStr')!;
    expect(token.toString('hex', proof.offset, proof.offset + proof.length)).toBe(proof.value);
    const spnego = fixture('pyspnego/initial_context_token_neg_token_init');
    const realm = find(decodeInput(spnego).fields, 'realm')!;
    expect(spnego.toString('latin1', realm.offset, realm.offset + realm.length)).toBe('DOMAIN.LOCAL');
  });

  test('SPNEGO with Kerberos inside, and hints', () => {
    const init = decodeInput(fixture('pyspnego/initial_context_token_neg_token_init'));
    expect(init.kind).toBe('SPNEGO NegTokenInit');
    expect(saidOf(init, 'mechToken')).toBe('Kerberos AP-REQ');
    expect(saidOf(init, 'sname')).toBe('host/dc01 (NT-SRV-HST)');
    expect(saidOf(init, 'etype')).toBe('18 aes256-cts-hmac-sha1-96');
    const hints = decodeInput(fixture('pyspnego/initial_context_token_neg_token_init2'));
    expect(saidOf(hints, 'hintName')).toBe('not_defined_in_RFC4178@please_ignore');
    expect(saidOf(hints, 'mechType')).toBe('1.3.6.1.4.1.311.2.2.30 NEGOEX');
    const response = decodeInput(fixture('pyspnego/neg_token_resp'));
    expect(saidOf(response, 'negState')).toBe('accept-completed');
    expect(saidOf(response, 'responseToken')).toBe('Kerberos AP-REP');
  });

  test('KRB-ERROR, bare and inside GSS-API', () => {
    // The recorded one begins behind its application tag.
    const message = encodeDer(0x7e, fixture('pyspnego/krb_error'));
    const bare = decodeInput(message);
    expect(bare.kind).toBe('Kerberos KRB-ERROR');
    expect(saidOf(bare, 'error-code')).toBe('25 KDC_ERR_PREAUTH_REQUIRED');
    expect(saidOf(bare, 'stime')).toBe('20200613210423Z');
    expect(saidOf(bare, 'realm')).toBe('DOMAIN.LOCAL');
    const oid = encodeDer(0x06, oidBytes(MechOid.KERBEROS));
    const inside = decodeInput(encodeDer(0x60, oid, Uint8Array.of(3, 0), message));
    expect(saidOf(inside, 'tokId')).toBe('0300');
    expect(saidOf(inside, 'error-code')).toBe('25 KDC_ERR_PREAUTH_REQUIRED');
  });

  test('mechListMIC, and NTLM inside SPNEGO', () => {
    const token = encodeNegTokenResp({
      negState: NegState.ACCEPT_INCOMPLETE,
      supportedMech: MechOid.NTLMSSP,
      responseToken: fixture('pyspnego/ntlm_challenge'),
      mechListMic: Uint8Array.of(1, 2, 3, 4),
    });
    const decoded = decodeInput(token);
    expect(saidOf(decoded, 'mechListMIC')).toBe('01020304');
    expect(saidOf(decoded, 'TargetName')).toBe('DOMAIN');
    const name = find(decoded.fields, 'TargetName')!;
    expect(Buffer.from(token).toString('utf16le', name.offset, name.offset + name.length)).toBe('DOMAIN');
  });
});

describe('forms of giving it', () => {
  const token = fixture('pyspnego/ntlm_challenge');
  test.each([
    ['base64', token.toString('base64')],
    ['base64 in lines', token.toString('base64').replace(/.{60}/g, '$&\r\n')],
    ['hexadecimal', token.toString('hex')],
    ['hexadecimal with colons', token.toString('hex').replace(/..(?=.)/g, '$&:')],
    ['hexadecimal with 0x and blanks', `0x${token.toString('hex').replace(/.{8}/g, '$& ')}`],
    ['a header', `WWW-Authenticate: Negotiate ${token.toString('base64')}`],
    ['the value of a header', `NTLM ${token.toString('base64')}`],
  ])('%s', (_, text) => {
    expect(saidOf(decodeText(text), 'ServerChallenge')).toBe('e4101014cf8a90be');
  });

  test('a header with several challenges', () => {
    const decoded = decodeText('WWW-Authenticate: Negotiate, Kerberos, Basic realm="WSMAN"');
    expect(decoded.fields.map(({ value }) => value)).toEqual([
      'Negotiate, without a token',
      'Kerberos, without a token',
      'Basic',
    ]);
    expect(saidOf(decoded, 'realm')).toBe('"WSMAN"');
  });

  test('of Basic the name is shown, the password is not', () => {
    const decoded = decodeText(`Authorization: Basic ${Buffer.from('anna:S3cret-Word').toString('base64')}`);
    expect(saidOf(decoded, 'user-id')).toBe('anna');
    expect(JSON.stringify(decoded)).not.toContain('S3cret-Word');
  });
});

describe('messages', () => {
  test('Identify, as Microsoft prints it', () => {
    const decoded = decodeInput(
      fixture('MicrosoftDocs/detecting-whether-a-remote-computer-supports-ws-management-protocol-07.xml'),
    );
    expect(decoded.kind).toBe('XML, IdentifyResponse');
    expect(saidOf(decoded, 'ProductVersion')).toContain('OS: 6.0.5384');
    const other = decodeInput(
      fixture('MicrosoftDocs/detecting-whether-a-remote-computer-supports-ws-management-protocol-05.xml'),
    );
    expect(saidOf(other, 'ProductVendor')).toBe('Microsoft Corporation');
  });

  test('an envelope: action, resource, selectors; a fault with its code', () => {
    const get = decodeInput(fixture('MS-WSMV/4.1.1-01-retrieving-a-cim-instance.xml'));
    expect(saidOf(get, 'Action')).toBe('http://schemas.xmlsoap.org/ws/2004/09/transfer/Get');
    expect(get.text).toContain('Envelope');
    const fault = decodeInput(fixture('MS-WSMV/4.10-02-fault-detail.xml'));
    expect(fault.kind).toBe('SOAP fault');
  });

  test('a secret with a telling name is masked', () => {
    const decoded = decodeText(
      '<s:Envelope xmlns:s="urn:s"><s:Body><Password>S3cret-Word</Password></s:Body></s:Envelope>',
    );
    expect(JSON.stringify(decoded)).not.toContain('S3cret-Word');
  });

  test('a sealed body', () => {
    const head =
      '--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=3\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n';
    const body = Buffer.concat([
      Buffer.from(head),
      Buffer.from([2, 0, 0, 0, 0xaa, 0xbb, 1, 2, 3]),
      Buffer.from('--Encrypted Boundary--\r\n'),
    ]);
    const decoded = decodeInput(body);
    expect(saidOf(decoded, 'OriginalContent')).toContain('Length=3');
    expect(saidOf(decoded, 'signature')).toBe('aabb');
    expect(saidOf(decoded, 'data')).toBe('3 bytes, encrypted');
    expect(() => decodeInput(body.subarray(0, body.length - 30))).toThrow(DecodeError);
  });
});

describe('what comes from strangers', () => {
  test.each([
    ['nothing', ''],
    ['no base64', 'zzz!'],
    ['base64 of something else', Buffer.from('hello world, hello').toString('base64')],
    ['a message that is cut', fixture('pyspnego/ntlm_authenticate').toString('base64').slice(0, 80)],
    ['XML that is cut', '<a><b>'],
  ])('%s is an error that says where', (_, text) => {
    expect(() => decodeText(text)).toThrow(DecodeError);
    expect(() => decodeText(text)).toThrow(/at offset \d+/);
  });

  const seeds = [
    'ntlm_negotiate',
    'ntlm_challenge',
    'ntlm_authenticate',
    'initial_context_token_neg_token_init',
    'initial_context_token_neg_token_init2',
    'initial_context_token_krb_ap_req',
    'initial_context_token_krb_ap_rep',
    'neg_token_resp',
  ].map((name) => fixture(`pyspnego/${name}`));

  const isDecodedOrRefused = (input: Uint8Array): void => {
    try {
      decodeInput(input);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      expect(error.offset).toBeGreaterThanOrEqual(0);
    }
  };

  test('any bytes, and any change to a real token: decoded or refused, never another error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), isDecodedOrRefused), { numRuns: 3000 });
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(change, { maxLength: 6 }), fc.nat(), (seed, changes, cut) => {
        const token = new Uint8Array(seed);
        for (const [at, value] of changes) token[at % token.length] = value;
        isDecodedOrRefused(token);
        isDecodedOrRefused(token.subarray(0, cut % (token.length + 1)));
        isDecodedOrRefused(Buffer.from(`Authorization: Negotiate ${Buffer.from(token).toString('base64')}`));
      }),
      { numRuns: 5000 },
    );
  });

  test('any text: decoded or refused', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'Authorization: ',
        'Negotiate ',
        'Basic ',
        'YII',
        '<s:Envelope',
        '>',
        '</',
        '--B\r\nContent-Type: x\r\n',
        '--B--',
        ',',
        '"',
        '=',
        '0x',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => isDecodedOrRefused(Buffer.from(parts.join('')))),
      { numRuns: 3000 },
    );
  });
});
