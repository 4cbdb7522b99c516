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
  {
    what: 'MIT Kerberos with its KDC, for the lab and for our own Kerberos',
    packages: ['krb5-kdc', 'krb5-admin-server', 'krb5-user'],
    present: async () =>
      ['/usr/sbin/krb5kdc', '/usr/sbin/kdb5_util', '/usr/sbin/kadmin.local', '/usr/bin/kinit'].every(existsSync) &&
      sharedLibrary('libgssapi_krb5.so.2'),
  },
  {
    what: 'the GSSAPI of Heimdal, the relative of the one of macOS',
    packages: ['libgssapi3-heimdal'],
    present: () => sharedLibrary('libgssapi.so.3'),
  },
  {
    what: 'an Active Directory to sign in to (Samba)',
    packages: ['samba-ad-dc', 'samba-ad-provision', 'samba-dsdb-modules', 'python3-samba'],
    present: async () =>
      ['/usr/sbin/samba', '/usr/bin/samba-tool', '/usr/share/samba/setup/ad-schema'].every(existsSync) &&
      (await pythonHas('samba.provision')),
  },
  {
    what: 'curl that speaks SPNEGO, a foreign client for the lab',
    packages: ['curl'],
    present: async () => (await outputOf('/usr/bin/curl', ['--version'])).includes('SPNEGO'),
  },
  {
    what: 'masterzen/winrm and the Go compiler, a foreign client for the lab',
    packages: ['golang-go', 'golang-github-masterzen-winrm-dev'],
    present: async () =>
      ['/usr/bin/go', '/usr/share/gocode/src/github.com/masterzen/winrm/client.go'].every(existsSync),
  },
  {
    what: 'tshark, a foreign reader of tokens',
    packages: ['tshark'],
    present: async () => existsSync('/usr/bin/tshark'),
  },
  {
    what: 'zsh, for its completion of windeck',
    packages: ['zsh'],
    present: async () => existsSync('/usr/bin/zsh'),
  },
  {
    what: 'xmllint, a foreign reader of XML',
    packages: ['libxml2-utils'],
    present: async () => existsSync('/usr/bin/xmllint'),
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

/** The dynamic linker finds it, whatever the folder of this architecture is called. */
async function sharedLibrary(name: string): Promise<boolean> {
  return (await outputOf('/sbin/ldconfig', ['-p'])).includes(`${name} `);
}

/** What a command printed, or nothing where it cannot be run or failed. */
async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const { code, output } = await run(command, args, { quiet: true, timeoutSeconds: 60 });
  return code === 0 ? output : '';
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

/** The one line that installs them on Debian or Ubuntu. Without the variable krb5-config asks for a realm; none is needed. */
export const installLine = (packages: readonly string[]): string =>
  `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${packages.join(' ')}`;
