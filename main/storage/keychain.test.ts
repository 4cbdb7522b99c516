import { afterEach, beforeEach, expect, test } from 'vitest';
import { memoryKeychain, openKeychain } from './keychain.ts';

const bus = process.env['DBUS_SESSION_BUS_ADDRESS'];
beforeEach(() => {
  process.env['DBUS_SESSION_BUS_ADDRESS'] = 'unix:path=/nonexistent/windeck-test';
});
afterEach(() => {
  if (bus === undefined) delete process.env['DBUS_SESSION_BUS_ADDRESS'];
  else process.env['DBUS_SESSION_BUS_ADDRESS'] = bus;
});

test('secrets for this run: put, read, replaced, deleted', async () => {
  const keychain = memoryKeychain();
  expect(keychain.durable).toBe(false);
  await keychain.set('c1', 'one');
  await keychain.set('c1', 'two');
  expect(await keychain.get('c1')).toBe('two');
  expect(await keychain.get('c2')).toBeNull();
  await keychain.delete('c1');
  expect(await keychain.get('c1')).toBeNull();
});

// Only Linux can lack a keychain: Windows and macOS always have theirs, and a test does not write into it.
test.runIf(process.platform === 'linux')(
  'without a Secret Service secrets last for this run, and the log says why',
  async () => {
    const lines: string[] = [];
    const keychain = await openKeychain((line) => void lines.push(line));
    expect(keychain.durable).toBe(false);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('this run only');
    await keychain.set('c1', 'one');
    expect(await keychain.get('c1')).toBe('one');
  },
);
