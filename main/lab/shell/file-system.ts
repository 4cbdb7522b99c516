import { logicalDiskProvider } from '../providers/hardware.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';

/** The few files of a simulated machine. What commands write is kept per machine, below a limit. */
export interface LabFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly changedAt: number;
  /** As text, or as pieces of bytes. */
  readonly text: string | null;
  pieces(): Iterable<Uint8Array>;
}
export interface LabFolder {
  readonly path: string;
  readonly folders: readonly string[];
  readonly files: readonly LabFile[];
}

const written = new WeakMap<SimulatedMachine, Map<string, LabFile>>();
const mostWritten = 100;
const mostBytes = 1024 * 1024;

/** Full path of what was typed, seen from a folder; `..` and `.` resolved. Null for another drive than C:. */
export function resolvePath(directory: string, typed: string): string | null {
  const text = typed.trim().replace(/^"|"$/g, '').replaceAll('/', '\\');
  const drive = /^([a-z]):/i.exec(text)?.[1]?.toUpperCase() ?? null;
  if (drive !== null && drive !== 'C') return null;
  const rest = drive === null ? text : text.slice(2);
  const base = rest.startsWith('\\') ? [] : directory.slice(2).split('\\');
  const steps: string[] = [];
  for (const step of [...base, ...rest.split('\\')]) {
    if (step === '' || step === '.') continue;
    if (step === '..') steps.pop();
    else steps.push(step);
  }
  return `C:\\${steps.join('\\')}`;
}

export function findFolder(machine: SimulatedMachine, user: string, path: string): LabFolder | null {
  return foldersOf(machine, user).get(path.toLowerCase()) ?? null;
}

export function findFile(machine: SimulatedMachine, user: string, path: string): LabFile | null {
  const cut = path.lastIndexOf('\\');
  const folder = findFolder(machine, user, path.slice(0, cut) === 'C:' ? 'C:\\' : path.slice(0, cut));
  const name = path.slice(cut + 1).toLowerCase();
  return folder?.files.find((file) => file.name.toLowerCase() === name) ?? null;
}

/** False where the folder does not exist, or the machine has taken as much as it will. */
export function writeFile(
  machine: SimulatedMachine,
  user: string,
  path: string,
  bytes: Uint8Array,
  limit = mostBytes,
): boolean {
  const cut = path.lastIndexOf('\\');
  const folder = path.slice(0, cut) === 'C:' ? 'C:\\' : path.slice(0, cut);
  if (findFolder(machine, user, folder) === null || bytes.length > limit) return false;
  const files = written.get(machine) ?? new Map<string, LabFile>();
  written.set(machine, files);
  if (files.size >= mostWritten && !files.has(path.toLowerCase())) return false;
  files.set(path.toLowerCase(), {
    name: path.slice(cut + 1),
    sizeBytes: bytes.length,
    changedAt: machine.clock.now(),
    text: null,
    pieces: () => [bytes],
  });
  return true;
}

/** Only of what was written; the files that come with the machine stay. */
export function deleteFile(machine: SimulatedMachine, path: string): void {
  written.get(machine)?.delete(path.toLowerCase());
}

export function freeBytes(machine: SimulatedMachine): bigint {
  const disk = [...logicalDiskProvider.instances(machine)].find((row) => row['DeviceID'] === 'C:');
  return typeof disk?.['FreeSpace'] === 'bigint' ? disk['FreeSpace'] : 0n;
}

/** 64 MiB of lines, for who wants to measure. */
const largeBytes = 64 * 1024 * 1024;
const largePiece = Buffer.from('The quick brown fox jumps over the lazy dog, 0123456789.\r\n'.repeat(1130)).subarray(
  0,
  64 * 1024,
);

function foldersOf(machine: SimulatedMachine, user: string): ReadonlyMap<string, LabFolder> {
  const installedAt = machine.bootAt - 400 * 86_400_000;
  const text = (name: string, content: string): LabFile => ({
    name,
    sizeBytes: Buffer.byteLength(content),
    changedAt: installedAt,
    text: content,
    pieces: () => [],
  });
  const large: LabFile = {
    name: 'large.txt',
    sizeBytes: largeBytes,
    changedAt: installedAt,
    text: null,
    *pieces() {
      for (let at = 0; at < largeBytes; at += largePiece.length) yield largePiece;
    },
  };
  const package_: LabFile = {
    name: 'agent.msi',
    sizeBytes: 18_432_512,
    changedAt: installedAt,
    text: null,
    pieces: () => [],
  };
  const home = `C:\\Users\\${user}`;
  const files: readonly (readonly [folder: string, ...files: LabFile[]])[] = [
    ['C:\\'],
    ['C:\\Program Files'],
    ['C:\\Setup', text('readme.txt', setupText), text('escapes.txt', escapesText), package_, large],
    ['C:\\Users'],
    [home, text('names.txt', namesText)],
    [`${home}\\Documents`, text('notes.txt', 'Patch window: second Tuesday, 22:00.\r\n')],
    ['C:\\Windows', text('win.ini', '; for 16-bit app support\r\n[fonts]\r\n[extensions]\r\n')],
    ['C:\\Windows\\System32'],
    ['C:\\Windows\\System32\\drivers'],
    ['C:\\Windows\\System32\\drivers\\etc', text('hosts', `127.0.0.1       localhost\r\n`)],
    ['C:\\Windows\\Temp'],
  ];
  const paths = files.map(([path]) => path);
  return new Map(
    files.map(([path, ...own]): [string, LabFolder] => {
      const prefix = path.endsWith('\\') ? path : `${path}\\`;
      const below = (candidate: string): boolean =>
        candidate.toLowerCase().startsWith(prefix.toLowerCase()) &&
        candidate.length > prefix.length &&
        !candidate.slice(prefix.length).includes('\\');
      const made = [...(written.get(machine) ?? [])].filter(([candidate]) => below(candidate)).map(([, file]) => file);
      const kept = own.filter((file) => !made.some(({ name }) => name.toLowerCase() === file.name.toLowerCase()));
      return [
        path.toLowerCase(),
        {
          path,
          folders: paths.filter(below).map((candidate) => candidate.slice(prefix.length)),
          files: [...kept, ...made].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1)),
        },
      ];
    }),
  );
}

/** What a target must not be able to do to whoever looks at its output. */
const escapesText = [
  'before',
  '\u001b]0;owned title\u0007title',
  '\u001b]52;c;b3duZWQ=\u0007clipboard',
  '\u001b]8;;http://example.invalid/\u001b\\link\u001b]8;;\u001b\\',
  '\u001bP$q"p\u001b\\\u001b[c\u001b[6n\u001b[5nreports',
  '\u001b[?1049h\u001b[2J\u001b[?1000hscreen',
  '\u001b[31mred\u001b[0m after\r\n',
].join('\r\n');
const setupText = 'Install with: msiexec /i C:\\Setup\\agent.msi /quiet\r\n';
const namesText = 'Zoë Müller-Straße\r\nŁukasz Żółć\r\n日本 太郎\r\nΑλέξης\r\n';
