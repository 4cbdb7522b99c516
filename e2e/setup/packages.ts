import { existsSync } from 'node:fs';
import { run } from './run.ts';

/** What the tests need from the system, how to see that it is there, and the Debian packages that bring it. */
const needs: readonly {
  readonly what: string;
  readonly packages: readonly string[];
  readonly present: () => Promise<boolean>;
}[] = [
  {
    what: 'Chromium, for the end-to-end tests',
    packages: ['chromium', 'fonts-dejavu-core'],
    present: async () => existsSync('/usr/bin/chromium'),
  },
  { what: 'pywinrm, a foreign client for the lab', packages: ['python3-winrm'], present: () => pythonHas('winrm') },
  {
    what: 'GSSAPI for Python with gss-ntlmssp, a foreign NTLM',
    packages: ['python3-gssapi', 'gss-ntlmssp'],
    present: async () => (await pythonHas('gssapi')) && gssNtlmssp(),
  },
];

async function pythonHas(module: string): Promise<boolean> {
  return (await run('/usr/bin/python3', ['-c', `import ${module}`], { quiet: true, timeoutSeconds: 60 })).code === 0;
}

async function gssNtlmssp(): Promise<boolean> {
  const script =
    "import gssapi; m = gssapi.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10'); assert m in gssapi.raw.indicate_mechs()";
  return (await run('/usr/bin/python3', ['-c', script], { quiet: true, timeoutSeconds: 60 })).code === 0;
}

/** What is missing on this machine, and the packages that would bring it. */
export async function missingPackages(): Promise<{ readonly what: string[]; readonly packages: string[] }> {
  const missing = { what: [] as string[], packages: [] as string[] };
  for (const need of needs) {
    if (await need.present()) continue;
    missing.what.push(need.what);
    missing.packages.push(...need.packages);
  }
  return missing;
}

/** The one line that installs them on Debian or Ubuntu. */
export const installLine = (packages: readonly string[]): string =>
  `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
