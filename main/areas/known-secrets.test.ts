import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKnownSecrets, secretMask } from './known-secrets.ts';

const secret = `Pl4nted <&> "it's" \\ ünder`;
const known = createKnownSecrets();
known.learn(secret);

const escaped = secret.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

test.each([
  ['plain', secret],
  ['escaped for XML', escaped],
  ['escaped as an attribute', escaped.replace(/"/g, '&quot;')],
  ['in a PowerShell string', secret.replace(/'/g, "''")],
  ['in WQL', secret.replace(/\\/g, '\\\\').replace(/'/g, "\\'")],
  ['in JSON', JSON.stringify({ secret })],
  ['in a URL', `http://x/?p=${encodeURIComponent(secret)}`],
  ['base64', Buffer.from(secret).toString('base64')],
  ['base64 of UTF-16', Buffer.from(secret, 'utf16le').toString('base64')],
  ['base64 of Latin-1', Buffer.from(secret, 'latin1').toString('base64')],
])('%s', (_, text) => {
  const masked = known.mask(`<a>before ${text} behind</a>`);
  expect(masked).toContain(secretMask);
  expect(masked).toContain('before ');
  expect(masked).toContain(' behind');
  expect(masked).not.toContain('Pl4nted');
  expect(masked).not.toContain(text);
});

test('inside base64 of a longer text, wherever it begins', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.constantFrom('utf8', 'utf16le'), (before, behind, encoding) => {
      const text = Buffer.from(before + secret + behind, encoding as BufferEncoding).toString('base64');
      const masked = known.mask(`powershell -EncodedCommand ${text} -x`);
      expect(masked).toBe(`powershell -EncodedCommand ${secretMask} -x`);
    }),
  );
});

test('what holds no secret is the very same text', () => {
  const text = '<a>nothing Pl4nte</a>';
  expect(known.mask(text)).toBe(text);
  expect(createKnownSecrets().mask(text)).toBe(text);
});

test('a very short one is not taken up, several one after another are all masked', () => {
  const some = createKnownSecrets();
  for (const one of ['abc', 'first-one', 'second-one', 'first-one-and-more']) some.learn(one);
  expect(some.mask('abc first-onesecond-one,first-one-and-more')).toBe(`abc ${secretMask}${secretMask},${secretMask}`);
});

test('of a private key every line is known', () => {
  const some = createKnownSecrets();
  some.learn(
    '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nabcdefghijklmnopqrstuv\n-----END PRIVATE KEY-----\n',
  );
  expect(some.mask('xx abcdefghijklmnopqrstuv')).toBe(`xx ${secretMask}`);
  expect(some.mask('-----BEGIN PRIVATE KEY-----')).toBe('-----BEGIN PRIVATE KEY-----');
});

test('any text with any secret in it: nothing of it stays, the rest does', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4 }), fc.string(), fc.string(), (one, before, behind) => {
      const some = createKnownSecrets();
      some.learn(one);
      expect(some.mask(before + one + behind)).not.toContain(one.includes('•') ? '\0never' : one);
    }),
  );
});
