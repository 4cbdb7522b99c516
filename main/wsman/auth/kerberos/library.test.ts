import { afterEach, expect, test, vi } from 'vitest';
import { openLibrary } from './library.ts';

afterEach(() => {
  vi.doUnmock('koffi');
  vi.resetModules();
});
const missing = (words: RegExp) =>
  expect.objectContaining({ reason: 'library-missing', message: expect.stringMatching(words) });

test('a missing library: which package brings it, and that the other ways in still work', async () => {
  const attempt = openLibrary(['libnot-there.so.9']);
  await expect(attempt).rejects.toEqual(missing(/libnot-there.*libgssapi-krb5-2 .*krb5-libs .*Every other way/));
});

test('a library without the functions is no library', async () => {
  await expect(openLibrary(['libc.so.6'])).rejects.toEqual(missing(/libgssapi-krb5-2/));
});

test('without koffi', async () => {
  vi.doMock('koffi', () => {
    throw new Error('Cannot find the native Koffi module');
  });
  vi.resetModules();
  const { openLibrary: open } = await import('./library.ts');
  await expect(open(['libgssapi_krb5.so.2'])).rejects.toEqual(missing(/koffi/));
});
