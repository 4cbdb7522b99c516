/** flood MEGABYTES: numbered lines of 100 characters as fast as they are taken, for whoever wants to see what a client does with them. */
import { type Program, words } from '../program.ts';

const lineBytes = 100;
const linesPerPiece = 640;
const usualMegabytes = 200;
const mostMegabytes = 100_000;

export const flood: Program = async ({ tail, outBytes, pause }) => {
  const wanted = Number(words(tail)[0] ?? usualMegabytes);
  const megabytes = Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), mostMegabytes) : usualMegabytes;
  const lines = Math.ceil((megabytes * 1_000_000) / lineBytes);
  const filler =
    ' The quick brown fox jumps over the lazy dog and is back before anybody has seen it go anywhere.'.padEnd(
      lineBytes,
    );
  for (let line = 1; line <= lines; line += linesPerPiece) {
    let piece = '';
    for (let n = line; n < line + linesPerPiece && n <= lines; n++) {
      piece += `${String(n).padStart(10)}${filler}`.slice(0, lineBytes - 2);
      piece += '\r\n';
    }
    await outBytes(Buffer.from(piece, 'latin1'));
    // Ctrl-C is looked at only where something waits.
    await pause(0);
  }
  return 0;
};
