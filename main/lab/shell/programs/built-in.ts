/** What cmd.exe does by itself: no process is started for these. */
import { findFile, findFolder, freeBytes, type LabFile, resolvePath } from '../file-system.ts';
import { type Program, type ProgramContext, words } from '../program.ts';

const noPath = 'The system cannot find the path specified.\r\n';
const noFile = 'The system cannot find the file specified.\r\n';

const echo: Program = async (context) => {
  // What is behind the one character after the name is printed, whatever that character is: "echo.", "echo hi".
  const text = context.tail.slice(1);
  await context.out(context.tail.trim() === '' ? 'ECHO is on.\r\n' : `${text}\r\n`);
  return 0;
};

const set: Program = async (context) => {
  const { tail, environment, out, err } = context;
  const asked = /^\s*\/p\s+"?([^=]+)=([^"]*)"?\s*$/i.exec(tail);
  if (asked) return ask(context, asked[1]!, asked[2]!);
  const text = tail.trim().replace(/^"(.*)"$/, '$1');
  const equals = text.indexOf('=');
  if (equals > 0) {
    const value = text.slice(equals + 1);
    if (value === '') environment.remove(text.slice(0, equals));
    else environment.set(text.slice(0, equals), value);
    return 0;
  }
  const found = environment.entries().filter(([name]) => name.toUpperCase().startsWith(text.toUpperCase()));
  if (found.length === 0) {
    await err(`Environment variable ${text} not defined\r\n`);
    return 1;
  }
  for (const [name, value] of found) await out(`${name}=${value}\r\n`);
  return 0;
};

/** `set /p NAME=question`: the question without a line end, then a line of standard input. */
async function ask({ environment, out, readLine }: ProgramContext, name: string, question: string): Promise<number> {
  await out(question);
  const answer = await readLine();
  if (answer === null || answer === '') return 1;
  environment.set(name, answer);
  return 0;
}

const pause: Program = async ({ out, read }) => {
  await out('Press any key to continue . . . ');
  await read();
  await out('\r\n');
  return 0;
};

/** What a console clears by; a pipe gets the form feed itself. */
const cls: Program = async ({ out }) => {
  await out('\f');
  return 0;
};

const cd: Program = async (context) => {
  const typed = context.tail.replace(/^\s*\/d\b/i, '').trim();
  if (typed === '') {
    await context.out(`${context.directory}\r\n`);
    return 0;
  }
  const path = resolvePath(context.directory, typed);
  const folder = path === null ? null : findFolder(context.machine, context.user, path);
  if (folder === null) {
    await context.err(noPath);
    return 1;
  }
  context.directory = folder.path;
  return 0;
};

const type: Program = async (context) => {
  const names = words(context.tail);
  if (names.length === 0) {
    await context.err('The syntax of the command is incorrect.\r\n');
    return 1;
  }
  for (const name of names) {
    const path = resolvePath(context.directory, name);
    const file = path === null ? null : findFile(context.machine, context.user, path);
    if (file === null) {
      await context.err(noFile);
      return 1;
    }
    await printFile(context, file);
  }
  return 0;
};

export async function printFile(context: ProgramContext, file: LabFile): Promise<void> {
  if (file.text !== null) await context.out(file.text);
  for (const piece of file.pieces()) await context.outBytes(piece);
}

const dir: Program = async (context) => {
  const { machine, user, out } = context;
  const names = words(context.tail).filter((word) => !word.startsWith('/'));
  const isBare = words(context.tail).some((word) => word.toLowerCase() === '/b');
  const path = resolvePath(context.directory, names[0] ?? '.');
  const folder = path === null ? null : findFolder(machine, user, path);
  const file = path === null || folder !== null ? null : findFile(machine, user, path);
  if (folder === null && file === null) {
    await context.err('File Not Found\r\n');
    return 1;
  }
  const files = folder?.files ?? [file!];
  const folders = folder?.folders ?? [];
  if (isBare) {
    await out([...folders, ...files.map(({ name }) => name)].map((name) => `${name}\r\n`).join(''));
    return 0;
  }
  const stamp = (at: number): string => dateText(at + machine.plan.offsetMinutes * 60_000);
  const isRoot = folder?.path === 'C:\\';
  const dots = folder === null || isRoot ? [] : ['.', '..'];
  const serial = (machine.plan.seed >>> 0).toString(16).padStart(8, '0').toUpperCase();
  let text = ` Volume in drive C has no label.\r\n Volume Serial Number is ${serial.slice(0, 4)}-${serial.slice(4)}\r\n\r\n`;
  text += ` Directory of ${folder?.path ?? path!.slice(0, path!.lastIndexOf('\\'))}\r\n\r\n`;
  for (const name of [...dots, ...folders]) text += `${stamp(machine.bootAt)}    <DIR>          ${name}\r\n`;
  for (const { name, sizeBytes, changedAt } of files) {
    text += `${stamp(changedAt)} ${grouped(sizeBytes).padStart(17)} ${name}\r\n`;
  }
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  text += `${String(files.length).padStart(16)} File(s) ${grouped(total).padStart(14)} bytes\r\n`;
  text += `${String(dots.length + folders.length).padStart(16)} Dir(s)  ${grouped(freeBytes(machine)).padStart(14)} bytes free\r\n`;
  await out(text);
  return 0;
};

const grouped = (value: number | bigint): string => value.toLocaleString('en-US');

/** `11/22/2026  08:21 PM`, of a moment shifted into the machine's zone. */
function dateText(shifted: number): string {
  const date = new Date(shifted);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hour = date.getUTCHours();
  return `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${date.getUTCFullYear()}  ${two(hour % 12 || 12)}:${two(date.getUTCMinutes())} ${hour < 12 ? 'AM' : 'PM'}`;
}

const ver: Program = async ({ machine, out }) => {
  await out(`\r\nMicrosoft Windows [Version ${machine.plan.generation.version}]\r\n`);
  return 0;
};

const chcp: Program = async ({ codePage, out }) => {
  await out(`Active code page: ${codePage}\r\n`);
  return 0;
};

/** `exit` itself ends the line, which is the interpreter's work. */
export const builtIns: ReadonlyMap<string, Program> = new Map([
  ['echo', echo],
  ['set', set],
  ['cd', cd],
  ['chdir', cd],
  ['type', type],
  ['dir', dir],
  ['ver', ver],
  ['chcp', chcp],
  ['rem', async () => 0],
  ['pause', pause],
  ['cls', cls],
]);
