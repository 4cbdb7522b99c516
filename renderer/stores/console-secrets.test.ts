import { expect, test } from 'vitest';
import { mask, maskSecrets, withoutMasks } from './console-secrets.ts';

const secret = 'Pa55 w"ord';

test.each([
  ['winrm id -r:web01 -u:CORP\\anna -p:hunter2', `winrm id -r:web01 -u:CORP\\anna -p:${mask}`],
  ['winrm id -p:"hunter2 and more" -r:web01', `winrm id -p:${mask} -r:web01`],
  ['winrm id /password:hunter2', `winrm id /password:${mask}`],
  ['winrm id –P:“hunter2 x” -r:web01', `winrm id –P:${mask} -r:web01`],
  ['winrm id -p:"hunter2', `winrm id -p:${mask}`],
  ['winrm id -p:"hun\\"ter2" -r:web01', `winrm id -p:${mask} -r:web01`],
  ['winrm id -phunter2', `winrm id -p${mask}`],
  ['winrm id -pp:hunter2 -pac:proxy', `winrm id -pp:${mask} -pac:proxy`],
  [
    'winrm invoke Change wmicimv2/Win32_Service?Name=X @{StartName="CORP\\svc";StartPassword="hunter2"}',
    `winrm invoke Change wmicimv2/Win32_Service?Name=X @{StartName="CORP\\svc";StartPassword=${mask}}`,
  ],
  ['winrs -r:web01 -u:anna -p:hunter2 dir', `winrs -r:web01 -u:anna -p:${mask} dir`],
])('%s', (line, masked) => {
  expect(maskSecrets(line)).toBe(masked);
  expect(maskSecrets(masked)).not.toContain('hunter2');
});

test.each([
  'winrm id -r:web01 -u:anna -p:-',
  'winrm id -u:anna -p',
  'winrm get winrm/config -r:http://web01:80/p:x',
  'winrs -r:web01 xcopy a b /p:keep',
  'winrs -r:web01 cmd /c "echo -p:keep"',
  'winrm e wmicimv2/* -filter:"select Name from Win32_UserAccount where PasswordExpires=FALSE"',
])('nothing secret, nothing masked: %s', (line) => {
  expect(maskSecrets(line)).toBe(line);
});

test('a password of any characters in quotation marks is gone', () => {
  const quoted = `"${secret.replaceAll('"', '\\"')}"`;
  expect(maskSecrets(`winrm id -p:${quoted} -r:x`)).toBe(`winrm id -p:${mask} -r:x`);
});

test('a masked password is asked for; another masked secret has to be typed again', () => {
  expect(withoutMasks(`winrm id -u:anna -p:${mask} -r:web01`)).toBe('winrm id -u:anna -p -r:web01');
  expect(withoutMasks(`winrs -u:anna -password:${mask} dir`)).toBe('winrs -u:anna -password dir');
  expect(withoutMasks(`winrm set x @{Password=${mask}}`)).toBeNull();
  expect(withoutMasks('winrm id -u:anna')).toBe('winrm id -u:anna');
});
