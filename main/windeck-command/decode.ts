/** `windeck decode`: what a token, a header or a message says. Nothing is sent anywhere. */

import { layOutXml, xmlText } from '../../shared/xml-lines.ts';
import { readGivenFile } from '../winrm-command/bounded-file.ts';
import { CommandLineError } from '../winrm-command/command.ts';
import { printable } from '../winrm-command/text-format.ts';
import type { WinrsEnvironment } from '../winrm-command/winrs-run.ts';
import { type DecodedField, type DecodedMessage, DecodeError, decodeInput } from '../wsman/index.ts';
import { type OwnSwitch, parseOwnArguments } from './arguments.ts';
import { withSlashOperands } from './path-operands.ts';
import { decodeHelp } from './trace-help.ts';

const rules: readonly OwnSwitch<'file' | 'format'>[] = [
  { name: 'file', spellings: ['file'], value: 'required' },
  { name: 'format', spellings: ['f', 'format'], value: 'required' },
];
const mostBytes = 8 * 1024 * 1024;

export async function decode(args: readonly string[], environment: WinrsEnvironment): Promise<number> {
  const { operands, own, help } = parseOwnArguments(withSlashOperands(args, rules), rules);
  if (help) {
    await environment.stdout(decodeHelp);
    return 0;
  }
  const format = own.get('format')?.toLowerCase() ?? 'text';
  if (format !== 'text' && format !== 'json')
    throw new CommandLineError('decode has -format:text and -format:json.', 2);
  const input = await inputOf(operands, own.get('file'), environment);
  let decoded: DecodedMessage;
  try {
    decoded = decodeInput(input);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    await environment.stderr(`Error: ${printable(error.message)}\n`);
    return 1;
  }
  await environment.stdout(format === 'json' ? `${JSON.stringify(decoded, null, 2)}\n` : textOf(decoded));
  return 0;
}

async function inputOf(
  operands: readonly string[],
  file: string | undefined,
  environment: WinrsEnvironment,
): Promise<Uint8Array> {
  if (file !== undefined) {
    if (operands.length > 0) throw new CommandLineError('decode takes a text or -file:FILE, not both.', 2);
    return readGivenFile('file', file, mostBytes, environment);
  }
  // A header is several words to a shell.
  if (operands.length > 0 && operands[0] !== '-') return Buffer.from(operands.join(' '), 'utf8');
  if (environment.isInteractive) {
    throw new CommandLineError(
      'Give decode a token, a header or a message: as an argument, by -file:FILE, or on standard input.',
      2,
    );
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of environment.standardInput(false, () => {}) ?? []) {
    length += piece.length;
    if (length > mostBytes) throw new CommandLineError(`decode takes ${mostBytes / 1024 / 1024} MB at most.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function textOf({ kind, fields, text }: DecodedMessage): string {
  const lines = [kind, ...linesOf(fields, 1)];
  if (text !== undefined) lines.push('', ...xmlText(layOutXml(text)).split('\n').map(printable));
  return `${lines.join('\n')}\n`;
}

function linesOf(fields: readonly DecodedField[], depth: number): readonly string[] {
  const widest = Math.min(28, Math.max(0, ...fields.map(({ name }) => name.length)));
  return fields.flatMap(({ name, value, fields: inner }) => [
    `${'  '.repeat(depth)}${printable(name).padEnd(widest)}${value === null ? '' : `  ${printable(value)}`}`.trimEnd(),
    ...linesOf(inner ?? [], depth + 1),
  ]);
}
