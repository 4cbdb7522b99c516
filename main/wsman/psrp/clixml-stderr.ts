/**
 * stderr of powershell.exe in a cmd shell: started with -EncodedCommand or with its input redirected it writes CLIXML there, after a line
 * `#< CLIXML`: pieces of error text under `S="Error"`, progress records, and other streams. Made text again for people to read.
 */
import { ProtocolError } from '../errors.ts';
import { type ClixmlItem, readObjs } from './clixml.ts';
import { textOf } from './clixml-plain.ts';

const mark = '#< CLIXML';

export interface PowerShellStderr {
  /** Errors, and whatever was no CLIXML. */
  readonly text: string;
  /** Values of the document, in order; none where there was no CLIXML. */
  readonly items: readonly ClixmlItem[];
}

/**
 * Takes the whole of what was written. Text before the mark stays as it is. A document that cannot be read, being cut off for instance, is
 * left as the text it is: what a program has said is never lost.
 */
export function readPowerShellStderr(stderr: string): PowerShellStderr {
  const at = stderr.indexOf(mark);
  if (at < 0) return { text: stderr, items: [] };
  const end = stderr.lastIndexOf('</Objs>');
  const close = end < at ? stderr.length : end + '</Objs>'.length;
  try {
    const items = readObjs(stderr.slice(at, close));
    const errors = items
      .filter(({ stream }) => stream === null || stream.toLowerCase() === 'error')
      .map(({ value }) => textOf(value) ?? '');
    return { text: stderr.slice(0, at) + errors.join('') + stderr.slice(close).replace(/^\r?\n/, ''), items };
  } catch (error) {
    if (error instanceof ProtocolError) return { text: stderr, items: [] };
    throw error;
  }
}
