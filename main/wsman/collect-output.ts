/** What a command printed, as text. */
import { createCodePageDecoder, utf8CodePage } from './code-page.ts';
import { ProtocolError } from './errors.ts';
import type { RunningCommand } from './shell.ts';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Receives a command to its end. For short answers: more than `maxBytes` (default 16 MiB) ends the command with a ProtocolError. Rejects as
 * iterating the command does.
 */
export async function collectOutput(
  running: RunningCommand,
  codePage: number = utf8CodePage,
  maxBytes: number = 16 * 1024 * 1024,
): Promise<CommandResult> {
  const decoders = { stdout: createCodePageDecoder(codePage), stderr: createCodePageDecoder(codePage) };
  const text = { stdout: '', stderr: '' };
  let bytes = 0;
  for await (const chunk of running) {
    bytes += chunk.bytes.length;
    if (bytes > maxBytes) throw new ProtocolError(`The command printed more than ${maxBytes} bytes.`);
    text[chunk.stream] += decoders[chunk.stream].decode(chunk.bytes);
  }
  return {
    exitCode: await running.exitCode,
    stdout: text.stdout + decoders.stdout.end(),
    stderr: text.stderr + decoders.stderr.end(),
  };
}
