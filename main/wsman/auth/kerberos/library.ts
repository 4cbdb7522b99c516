/**
 * Finds and loads the system's GSS-API library, late and once: libgssapi_krb5 (MIT) on Linux, GSS.framework (Heimdal) on macOS, through
 * koffi. Without koffi or the library only Kerberos is missing; whoever asks is told which package brings it.
 */
import { AuthenticationError } from '../../errors.ts';
import type { Gss } from './gss.ts';
import { bindGss } from './gss-binding.ts';
import { passesSelfTest } from './self-test.ts';

/** Tried in this order. On Windows Kerberos goes through SSPI instead (auth/sspi). */
const LIBRARIES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['libgssapi_krb5.so.2'],
  freebsd: ['libgssapi_krb5.so.2', 'libgssapi.so.10'],
  darwin: ['/System/Library/Frameworks/GSS.framework/GSS'],
};

const PACKAGES =
  'Install libgssapi-krb5-2 (Debian, Ubuntu), krb5-libs (Fedora, RHEL, Alpine), krb5 (Arch, SUSE). Every other way to sign in still works.';

let loading: Promise<Gss> | null = null;

/** The library, ready for use. Throws AuthenticationError 'library-missing' with what to install. A failure is tried again next time. */
export function loadGss(): Promise<Gss> {
  loading ??= load().catch((cause: unknown) => {
    loading = null;
    throw cause;
  });
  return loading;
}

/** Null where Kerberos can be used on this computer, else the reason why it cannot. */
export async function kerberosAvailability(): Promise<AuthenticationError | null> {
  try {
    await loadGss();
    return null;
  } catch (cause) {
    if (cause instanceof AuthenticationError) return cause;
    throw cause;
  }
}

async function load(): Promise<Gss> {
  const candidates = LIBRARIES[process.platform];
  if (!candidates) {
    throw missing(`Kerberos through GSS-API is not available on this system (${process.platform}).`);
  }
  // A wrong ABI would take the whole console down, and what runs on a Mac could not be tried where this was written.
  if (process.platform === 'darwin' && !(await passesSelfTest(candidates[0]!))) {
    throw missing(
      'GSS.framework of this Mac did not pass the self-test, so Kerberos stays off. Every other way to sign in still works.',
    );
  }
  return openLibrary(candidates);
}

/** Loads the first of `candidates` that is there. Exported for the self-test, which runs it in a process of its own. */
export async function openLibrary(candidates: readonly string[]): Promise<Gss> {
  let koffi: typeof import('koffi');
  try {
    koffi = (await import('koffi')).default as unknown as typeof import('koffi');
  } catch (cause) {
    throw missing(`Kerberos needs the npm package koffi, which cannot be loaded here. ${PACKAGES}`, cause);
  }
  let failure: unknown;
  for (const name of candidates) {
    try {
      const gss = bindGss(koffi, koffi.load(name));
      pin(koffi, name);
      return gss;
    } catch (cause) {
      failure ??= cause;
    }
  }
  throw missing(
    `Kerberos needs the GSS-API library of the system (${candidates[0]}), which is missing. ${PACKAGES}`,
    failure,
  );
}

/** RTLD_NOW | RTLD_NODELETE (dlfcn.h). */
const PIN_FLAGS = process.platform === 'darwin' ? 0x2 | 0x80 : 0x2 | 0x1000;

/**
 * Keeps the library in memory to the very end. koffi unloads what it has loaded when the process ends, while threads that made calls are
 * still to end and run the library's clean-up for each: Heimdal's crashes the process there every time.
 */
function pin(koffi: typeof import('koffi'), name: string): void {
  koffi.load(null).func('dlopen', 'void *', ['str', 'int'])(name, PIN_FLAGS);
}

function missing(message: string, cause?: unknown): AuthenticationError {
  return new AuthenticationError(message, { reason: 'library-missing', evidence: { mechanism: 'Kerberos' }, cause });
}
