import * as v from 'valibot';
import { of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';

/**
 * One file to or from one machine, over a PowerShell session of its own. It has its name there only once it is whole, with the same SHA-256 on
 * both sides. Leaving the stream ends the transfer and takes away what was begun.
 */

/** What a page can hold of a file that comes; the command `windeck copy` has no such limit. */
export const mostDownloadBytes = 512 * 1024 * 1024;
/** Of a file that goes, in one message. */
export const mostPieceBytes = 262_144;

/** `C:\…` or `\\server\share\…`: there is no directory that it could start from. */
export const isWholePath = (path: string): boolean => /^(?:[A-Za-z]:[\\/]|\\\\[^\\/]+[\\/])[^\0]*[^\\/\0]$/.test(path);
const RemotePath = v.pipe(
  v.string(),
  v.maxLength(32_767),
  v.check(isWholePath, 'must be a whole path with the name of a file'),
);
const Session = {
  machineId: MachineId,
  /** Null: the usual one. */
  configurationName: v.nullable(
    v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/, 'must be the name of a session configuration')),
  ),
  path: RemotePath,
};
const Piece = v.pipe(
  v.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes'),
  v.check((bytes) => bytes.length <= mostPieceBytes, 'must be no more than 256 KiB'),
);

export interface CarriedFile {
  /** The whole path on the machine. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export type UploadEvent =
  /** The session is open: pieces are awaited. */
  | { readonly kind: 'begun' }
  /** So many bytes so far. */
  | { readonly kind: 'sent'; readonly bytes: number }
  | { readonly kind: 'done'; readonly file: CarriedFile };

export type DownloadEvent =
  /** Before the first piece. */
  | { readonly kind: 'begun'; readonly length: number }
  /** Last: only now what came is whole. */
  | { readonly kind: 'done'; readonly file: CarriedFile };

export const files = {
  /** Pieces go up until there are `length` bytes; fewer, or more, are no file. Rejects with `invalid-input` where one is there already. */
  upload: stream(
    v.object({ ...Session, length: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), replace: v.boolean() }),
    of<UploadEvent>(),
    Piece,
  ),
  download: stream(v.object(Session), of<Uint8Array | DownloadEvent>()),
};
