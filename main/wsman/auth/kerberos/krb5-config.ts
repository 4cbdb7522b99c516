/**
 * As much of krb5.conf (MIT's krb5.conf(5)) as is needed to turn what users type into principals: the realms it names and which hosts belong
 * to which. The library reads the file itself for everything else, and is the one to say what the default realm is.
 */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Krb5Config {
  /** Every realm that is mentioned, as it is written, in order. */
  readonly realms: readonly string[];
  /** [domain_realm]: lower-case host, or domain with its leading dot, to realm. */
  readonly domainRealm: ReadonlyMap<string, string>;
}

/** A file that includes itself must not keep us. */
const MAX_FILES = 64;
const MAX_FILE_BYTES = 1024 * 1024;

/** As long as the library itself goes without looking at its files. A fleet that signs in would read them once per machine otherwise. */
const GOOD_FOR_MS = 1000;
let last: { readonly paths: string; readonly until: number; readonly config: Promise<Krb5Config> } | null = null;

/** Of KRB5_CONFIG, or the system's files; what was read less than a second ago is not read again. A file that is missing adds nothing. */
export function readKrb5Config(): Promise<Krb5Config> {
  const paths = configPaths();
  const key = paths.join('\n');
  if (last?.paths !== key || performance.now() >= last.until) {
    last = { paths: key, until: performance.now() + GOOD_FOR_MS, config: readFiles(paths) };
  }
  return last.config;
}

async function readFiles(paths: readonly string[]): Promise<Krb5Config> {
  const realms = new Set<string>();
  const domainRealm = new Map<string, string>();
  const seen = new Set<string>();

  async function readOne(path: string): Promise<void> {
    if (seen.has(path) || seen.size >= MAX_FILES) return;
    seen.add(path);
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.length > MAX_FILE_BYTES) return;
    let section = '';
    let depth = 0;
    for (const raw of text.split('\n')) {
      const line = raw.trim();
      if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
      const include = /^(include|includedir)\s+(.+)$/.exec(line);
      if (include && depth === 0) {
        for (const file of include[1] === 'include' ? [include[2]!] : await filesOf(include[2]!)) await readOne(file);
        continue;
      }
      const header = /^\[([^\]]+)\]/.exec(line);
      if (header && depth === 0) {
        section = header[1]!.toLowerCase();
        continue;
      }
      if (line.startsWith('}')) {
        depth = Math.max(0, depth - 1);
        continue;
      }
      const [, key = '', value = ''] = /^([^=]+?)\s*=\s*(.*)$/.exec(line) ?? [];
      if (depth === 0) addRelation(section, key, value.replace(/^"(.*)"$/, '$1'));
      if (value.startsWith('{') && !value.includes('}')) depth++;
    }
  }

  function addRelation(section: string, key: string, value: string): void {
    if (key === '') return;
    if (section === 'realms') realms.add(key);
    if (section === 'libdefaults' && key === 'default_realm') realms.add(value);
    if (section === 'domain_realm' && value !== '') {
      realms.add(value);
      // The first of several counts, as in the library.
      if (!domainRealm.has(key.toLowerCase())) domainRealm.set(key.toLowerCase(), value);
    }
  }

  for (const path of paths) await readOne(path);
  return { realms: [...realms], domainRealm };
}

function configPaths(): string[] {
  const chosen = process.env['KRB5_CONFIG'];
  if (chosen) return chosen.split(':').filter((path) => path !== '');
  const system = ['/etc/krb5.conf', '/usr/local/etc/krb5.conf'];
  if (process.platform !== 'darwin') return system;
  const preferences = 'Library/Preferences/edu.mit.Kerberos';
  return [join(homedir(), preferences), join('/', preferences), ...system];
}

/** includedir takes names of letters, digits, dashes and underscores, and those that end in .conf. */
async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names
    .filter((name) => /^[A-Za-z0-9_-]+$/.test(name) || /^[^.].*\.conf$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** The realm that [domain_realm] gives a host: by its name, then by each domain above it, with the leading dot first. */
export function realmOfHost(host: string, config: Krb5Config): string | null {
  let name = host.toLowerCase();
  let found = config.domainRealm.get(name);
  while (found === undefined) {
    const dot = name.indexOf('.', name.startsWith('.') ? 1 : 0);
    if (name.startsWith('.')) name = name.slice(1);
    else if (dot < 0) return null;
    else name = name.slice(dot);
    found = config.domainRealm.get(name);
  }
  return found;
}
