/**
 * The scripts that carry files (wsman/psrp/file-transfer-scripts.ts), played: this language has no .NET, so they are known by their first line
 * and do here what they say.
 */
import { createHash } from 'node:crypto';
import { numberOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import { type PsValue, psProperties } from '../../wsman/psrp/clixml-types.ts';
import { transferErrors } from '../../wsman/psrp/file-transfer-scripts.ts';
import { deleteFile, findFile, findFolder, resolvePath, writeFile } from '../shell/file-system.ts';
import { customObject } from './objects.ts';
import type { Runner, StepArgument } from './run.ts';
import { ScriptError } from './script-error.ts';

type Transfer = 'upload' | 'discard' | 'download';

/** Bytes of one file; more is a full disk. */
const mostBytes = 64 * 1024 * 1024;

/** Which of them a script is; null for any other. */
export const transferOf = (text: string): Transfer | null =>
  (/^# windeck: (upload|discard|download) 1\r?\n/.exec(text)?.[1] as Transfer | undefined) ?? null;

export async function* playTransfer(
  { host }: Runner,
  transfer: Transfer,
  given: readonly StepArgument[],
  input: AsyncIterable<PsValue>,
): AsyncIterable<PsValue> {
  const argument = (name: string): PsValue =>
    given.find((one) => one.name?.toLowerCase() === name.toLowerCase())?.value ?? null;
  const { machine, user } = host;
  const typed = textOf(argument('Path')) ?? '';
  const path = resolvePath(`C:\\Users\\${user.split('\\').at(-1)}`, typed);
  if (path === null) throw ioError(`Could not find a part of the path '${typed}'.`, 'DirectoryNotFoundException');
  const part = path + (textOf(argument('Part')) ?? '');
  if (transfer === 'discard') {
    deleteFile(machine, part);
    return;
  }
  if (findFolder(machine, user, path) !== null) throw thrown(transferErrors.directory);
  if (transfer === 'download') {
    yield* download(path, numberOf(argument('PieceBytes')) ?? 4096);
    return;
  }
  if (argument('Replace') !== true && findFile(machine, user, path) !== null) throw thrown(transferErrors.exists);
  const write = (to: string, bytes: Uint8Array): void => {
    if (!writeFile(machine, user, to, bytes, mostBytes))
      throw ioError(`Could not find a part of the path '${to}'.`, 'DirectoryNotFoundException');
  };
  write(part, new Uint8Array());
  const pieces: Buffer[] = [];
  let length = 0;
  let expected: string | null = null;
  for await (const value of input) {
    const text = textOf(value) ?? '';
    if (text.startsWith('#')) {
      expected = text.slice(1);
      continue;
    }
    const bytes = Buffer.from(text, 'base64');
    pieces.push(bytes);
    length += bytes.length;
    if (length > mostBytes) throw ioError('There is not enough space on the disk.', 'IOException');
  }
  const bytes = Buffer.concat(pieces);
  const actual = createHash('sha256').update(bytes).digest('hex');
  deleteFile(machine, part);
  if (actual !== expected) throw thrown(transferErrors.hash);
  write(path, bytes);
  yield customObject(psProperties({ Path: path, Length: length, SHA256: actual }));

  async function* download(from: string, pieceBytes: number): AsyncIterable<PsValue> {
    const file = findFile(machine, user, from);
    if (file === null) throw thrown(transferErrors.missing);
    yield customObject(psProperties({ Path: from, Length: BigInt(file.sizeBytes) }));
    const hash = createHash('sha256');
    for (const piece of file.text === null ? file.pieces() : [Buffer.from(file.text)]) {
      for (let at = 0; at < piece.length; at += pieceBytes) {
        const slice = piece.subarray(at, at + pieceBytes);
        hash.update(slice);
        yield Buffer.from(slice).toString('base64');
      }
    }
    yield customObject(psProperties({ SHA256: hash.digest('hex') }));
  }
}

/** `throw 'TEXT'`: the text is message and id. */
const thrown = (text: string): ScriptError =>
  new ScriptError(
    {
      message: text,
      exception: ['System.Management.Automation.RuntimeException', 'System.SystemException', 'System.Exception'],
      id: text,
      category: 'OperationStopped',
      targetName: text,
      targetType: 'String',
    },
    'script',
  );

/** What a method of .NET throws comes wrapped. */
const ioError = (message: string, type: string): ScriptError =>
  new ScriptError(
    {
      message: `Exception calling ".ctor" with "4" argument(s): "${message}"`,
      exception: ['System.Management.Automation.MethodInvocationException', 'System.Exception'],
      id: type,
    },
    'script',
  );
