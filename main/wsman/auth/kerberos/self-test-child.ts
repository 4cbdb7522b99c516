/** The self-test itself, a script (see self-test.ts): `node self-test-child.ts LIBRARY`, or the same as a utility process of Electron. */
import { strict as assert } from 'node:assert';
import { GssError, GssFlag, isError, NO_HANDLE, routineError } from './gss.ts';
import { openLibrary } from './library.ts';
import { PASSED } from './self-test.ts';

const PRINCIPAL = 'HTTP/self-test.invalid@SELF-TEST.INVALID';
/** GSS_S_FAILURE is the highest routine error but five; nothing above GSS_S_NAME_NOT_MN exists. */
const HIGHEST_ROUTINE_ERROR = 18;

/** Throws where the library does not behave. */
async function runSelfTest(library: string): Promise<void> {
  const gss = await openLibrary([library]);
  const name = gss.importPrincipal(PRINCIPAL);
  assert.notEqual(name, NO_HANDLE);
  assert.equal(gss.canonicalName(name), PRINCIPAL);

  const isSane = (cause: unknown) =>
    cause instanceof GssError &&
    isError(cause.major) &&
    routineError(cause.major) <= HIGHEST_ROUTINE_ERROR &&
    cause.text.length > 0;
  // The default credential, which is not there; with and without channel bindings, whose structure is the largest.
  for (const channelBinding of [null, Buffer.from('tls-server-end-point:self-test')]) {
    const flags = GssFlag.MUTUAL | GssFlag.CONF | GssFlag.INTEG;
    const noContext = { credential: NO_HANDLE, context: NO_HANDLE, target: name, flags, channelBinding, token: null };
    await assert.rejects(gss.initiate(noContext), isSane);
  }
  const password = Buffer.from('none');
  await assert.rejects(gss.acquireWithPassword(name, password), isSane);
  gss.releaseName(name);
}

try {
  await runSelfTest(process.argv[2] ?? '');
  // A utility process does not end by itself.
  process.stdout.write(`${PASSED}\n`, () => process.exit(0));
} catch (error) {
  process.stderr.write(`${String(error)}\n`, () => process.exit(1));
}
