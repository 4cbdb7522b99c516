import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';

/** A shell that is open on a machine, whoever opened it. Null where the machine does not say. */
export interface OpenRemoteShell {
  readonly shellId: string;
  readonly resourceUri: string | null;
  /** By its resource URI. */
  readonly kind: 'cmd' | 'powershell' | 'other';
  /** The last step of the resource URI: `cmd`, or the name of a PowerShell configuration. */
  readonly configuration: string | null;
  readonly name: string | null;
  readonly owner: string | null;
  /** Where its client is. */
  readonly clientAddress: string | null;
  readonly processId: number | null;
  readonly isDisconnected: boolean;
  readonly idleMs: number | null;
  /** After so much silence the machine ends it by itself. */
  readonly idleTimeoutMs: number | null;
  readonly openForMs: number | null;
  readonly memoryBytes: number | null;
  readonly childProcesses: number | null;
  /** Opened by this console now, or by an earlier run that did not come to delete it. */
  readonly ours: 'this-run' | 'earlier-run' | null;
}

/** Shells of earlier runs that are still open on one machine. */
export interface LeftoverShells {
  readonly machineId: string;
  readonly shells: readonly OpenRemoteShell[];
}

/** One that a machine told us: its URI is a shell's, never another resource. */
const ShellResourceUri = v.pipe(
  v.string(),
  v.maxLength(500),
  v.regex(
    /^http:\/\/schemas\.microsoft\.com\/(wbem\/wsman\/1\/windows\/shell|powershell)\/[\w.\- ]+$/i,
    'That is no shell.',
  ),
);
const ShellId = v.pipe(v.string(), v.regex(/^(uuid:)?[\w-]{1,64}$/i, 'That is no ShellId.'));

export const openShells = {
  /** Read now. */
  list: call(v.object({ machineId: MachineId }), of<readonly OpenRemoteShell[]>()),
  /** Ends it and all that runs in it. `wasOpen` false: it was gone already. */
  close: call(
    v.object({ machineId: MachineId, shellId: ShellId, resourceUri: ShellResourceUri }),
    of<{ readonly wasOpen: boolean }>(),
  ),
  /** What earlier runs left behind and is still there: one item per change, each the whole list. Machines that do not answer are left out. */
  leftovers: stream(v.object({}), of<readonly LeftoverShells[]>()),
  /** They are not offered again. Nothing is sent; their idle time-outs end them. */
  forgetLeftovers: call(v.object({}), of<void>()),
};
