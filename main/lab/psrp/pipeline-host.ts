/** The host of a script that runs in a pipeline: its streams become messages (MS-PSRP 2.2.2.19 to 2.2.2.28), its questions host calls. */

import { entryOf, numberOf, propertyOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import { type PsObject, type PsValue, psEnum, psObject, psProperties } from '../../wsman/psrp/clixml-types.ts';
import type { MessageType } from '../../wsman/psrp/message.ts';
import { decryptSecureString, encryptSecureString } from '../../wsman/psrp/session-key.ts';
import { dateTime } from '../powershell/objects.ts';
import { errorRecordValue, ScriptError } from '../powershell/script-error.ts';
import type { Progress, ScriptHost } from '../powershell/script-host.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { hostMethodNumbers } from './host-methods.ts';
import { extendedErrorInfo, informationalRecord } from './informational-record.ts';
import type { LabPool } from './pool.ts';

export type MergeableStream = 'Error' | 'Warning' | 'Verbose' | 'Debug' | 'Information';

export interface PipelineWires {
  readonly pool: LabPool;
  send(type: MessageType, value: PsValue, signal: AbortSignal): Promise<void>;
  /** Stopped or killed. */
  readonly signal: AbortSignal;
  readonly killed: AbortSignal;
  input(): AsyncIterable<PsValue>;
  /** HostInfo of CREATE_PIPELINE. */
  readonly hostInfo: PsValue;
  /** PIPELINE_HOST_RESPONSE with this call id. */
  waitForAnswer(callId: bigint): Promise<PsValue>;
  /** Streams that go the way of the output, as 2>&1. */
  readonly merged: ReadonlySet<MergeableStream>;
  /** RemoteStreamOptions: which records say where they come from. */
  readonly streamOptions: number;
  /** Text of the first script or command. */
  readonly script: string;
}

const extended = (values: Readonly<Record<string, PsValue>>): PsValue => psObject({ extended: psProperties(values) });

export function createPipelineHost(wires: PipelineWires): ScriptHost {
  const { pool, signal } = wires;
  const send = (type: MessageType, value: PsValue): Promise<void> => wires.send(type, value, signal);
  let calls = 0n;
  let events = 0;
  const withInvocation = (bit: number): string | null => ((wires.streamOptions & bit) === 0 ? null : wires.script);
  const isInteractive = hasHostUi(wires.hostInfo, pool.hostInfo);

  const callMessage = (callId: bigint, method: string, parameters: readonly PsValue[]): PsValue => {
    const number = hostMethodNumbers.get(method);
    if (number === undefined) throw new Error(`The host has no method ${method}.`);
    return extended({
      ci: callId,
      mi: psEnum('System.Management.Automation.Remoting.RemoteHostMethodId', method, number),
      mp: psObject({
        typeNames: ['System.Collections.ArrayList', 'System.Object'],
        container: { kind: 'LST', items: parameters },
      }),
    });
  };

  const informational = (stream: 'Warning' | 'Verbose' | 'Debug', text: string, bit: number): Promise<void> =>
    wires.merged.has(stream)
      ? send('PIPELINE_OUTPUT', mergedRecord(stream, informationalRecord(`${stream}Record`, text, null)))
      : send(informationalMessages[stream], informationalRecord(`${stream}Record`, text, withInvocation(bit)));

  const host: ScriptHost = {
    machine: pool.machine,
    user: pool.shell.user,
    processId: pool.shell.processId,
    allowed: pool.endpoint.commands,
    isInteractive,
    width: widthOf(wires.hostInfo, pool.hostInfo),
    input: wires.input(),
    signal,
    output: (value) => send('PIPELINE_OUTPUT', value),
    // RemoteStreamOptions (2.2.3.8): 1 error, 2 warning, 4 debug, 8 verbose.
    error: (error) =>
      wires.merged.has('Error')
        ? send('PIPELINE_OUTPUT', writtenError(error, null))
        : send('ERROR_RECORD', writtenError(error, withInvocation(1))),
    warning: (text) => informational('Warning', text, 2),
    verbose: (text) => informational('Verbose', text, 8),
    debug: (text) => informational('Debug', text, 4),
    progress: (progress) => send('PROGRESS_RECORD', progressRecord(progress)),
    // Known to PowerShell 5.0 and later only.
    information: async (record) => {
      if (pool.protocolVersion !== '2.3') return;
      if (wires.merged.has('Information')) await send('PIPELINE_OUTPUT', mergedRecord('Information', record));
      // In its own message (2.2.2.26) an object without a type has what were properties of the record.
      else await send('INFORMATION_RECORD', psObject({ extended: record.adapted }));
    },
    writeLine: (text) => (isInteractive ? host.tell('WriteLine2', [text]) : Promise.resolve()),
    async call(method, parameters) {
      if (!isInteractive) throw noHost(method);
      const callId = ++calls;
      await send('PIPELINE_HOST_CALL', callMessage(callId, method, parameters));
      const answer = await wires.waitForAnswer(callId);
      const refusal = propertyOf(answer, 'me') ?? null;
      if (refusal !== null) throw hostRefused(refusal);
      return propertyOf(answer, 'mr') ?? null;
    },
    tell: (method, parameters) => send('PIPELINE_HOST_CALL', callMessage(-100n, method, parameters)),
    async reveal(secret) {
      const key = await pool.requireSessionKey(signal);
      if (typeof secret !== 'object' || secret === null || !('clixml' in secret) || secret.clixml !== 'SS') {
        throw new ScriptError({ message: 'The host has answered with something that is no SecureString.' });
      }
      return decryptSecureString(Buffer.from(secret.value, 'base64'), key);
    },
    async protect(plain) {
      const key = await pool.requireSessionKey(signal);
      return { clixml: 'SS', value: Buffer.from(encryptSecureString(plain, key)).toString('base64') };
    },
    async raiseEvent(sourceId, messageData) {
      const { machine, shell } = pool;
      pool.send('USER_EVENT', userEvent(machine, shell.shellId, ++events, sourceId, messageData));
    },
    async tellPool(method, parameters) {
      pool.send('RUNSPACEPOOL_HOST_CALL', callMessage(-100n, method, parameters));
    },
    pause: (milliseconds) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const stop = (): void => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(
          () => {
            signal.removeEventListener('abort', stop);
            resolve();
          },
          Math.min(milliseconds, 0x7fffffff),
        ).unref();
        signal.addEventListener('abort', stop, { once: true });
      }),
  };
  return host;
}

/** HostInfo (2.2.3.14) of the pipeline, or where that says so of its pool. */
const hostInfoOf = (own: PsValue, ofPool: PsValue): PsValue =>
  propertyOf(own, '_useRunspaceHost') === true ? ofPool : own;

const usualWidth = 120;
/** HostDefaultData: the key of BufferSize. */
const bufferSize = 5;

/** As PowerShell lays out for a console: one cell less than a line of its buffer has. */
function widthOf(own: PsValue, ofPool: PsValue): number {
  const data = propertyOf(propertyOf(hostInfoOf(own, ofPool), '_hostDefaultData'), 'data');
  const width = numberOf(propertyOf(propertyOf(entryOf(data, bufferSize), 'V'), 'width'));
  return width === null || width < 2 ? usualWidth : width - 1;
}

function hasHostUi(own: PsValue, ofPool: PsValue): boolean {
  const info = hostInfoOf(own, ofPool);
  return propertyOf(info, '_isHostNull') === false && propertyOf(info, '_isHostUINull') === false;
}

const noHost = (method: string): ScriptError =>
  new ScriptError({
    message: `A command that prompts the user failed because the host program or the command type does not support user interaction. The host was attempting to call ${method}.`,
    exception: [
      'System.Management.Automation.Host.HostException',
      'System.Management.Automation.RuntimeException',
      'System.SystemException',
      'System.Exception',
    ],
    id: 'HostFunctionNotImplemented',
    category: 'InvalidOperation',
  });

/** What the host threw comes as an ErrorRecord. */
const hostRefused = (refusal: PsValue): ScriptError =>
  new ScriptError({
    message:
      textOf(propertyOf(propertyOf(refusal, 'Exception'), 'Message')) ??
      textOf(entryOf(refusal, 'Message')) ??
      textOf(refusal) ??
      'The host has refused.',
    exception: [
      'System.Management.Automation.Host.HostException',
      'System.Management.Automation.RuntimeException',
      'System.SystemException',
      'System.Exception',
    ],
    id: 'HostCallFailed',
    category: 'InvalidOperation',
  });

const informationalMessages = { Warning: 'WARNING_RECORD', Verbose: 'VERBOSE_RECORD', Debug: 'DEBUG_RECORD' } as const;

/** An error that was written, not thrown, says so. `script`: the text that it comes from; null: that is not told. */
function writtenError(error: ScriptError, script: string | null): PsValue {
  const record = errorRecordValue(error);
  return psObject({
    ...record,
    extended: [
      { name: 'writeErrorStream', value: true },
      ...record.extended.flatMap((property) =>
        property.name === 'SerializeExtendedInfo' && script !== null ? extendedErrorInfo(script) : [property],
      ),
      { name: 'PSMessageDetails', value: null },
    ],
  });
}

/** A record that goes the way of the output says of which stream it is. */
const mergedRecord = (stream: MergeableStream, record: PsObject): PsValue =>
  psObject({ ...record, extended: [{ name: `Write${stream}Stream`, value: true }, ...record.extended] });

/** PSEventArgs of USER_EVENT (2.2.2.12). */
function userEvent(
  machine: SimulatedMachine,
  runspaceId: string,
  eventId: number,
  sourceId: string,
  messageData: PsValue,
): PsValue {
  return extended({
    'PSEventArgs.EventIdentifier': eventId,
    'PSEventArgs.SourceIdentifier': sourceId,
    'PSEventArgs.TimeGenerated': dateTime(machine, machine.clock.now()),
    'PSEventArgs.Sender': null,
    'PSEventArgs.SourceArgs': psObject({
      typeNames: ['System.Object[]', 'System.Array', 'System.Object'],
      container: { kind: 'LST', items: [] },
    }),
    'PSEventArgs.MessageData': messageData,
    'PSEventArgs.ComputerName': machine.plan.name.toUpperCase(),
    'PSEventArgs.RunspaceId': { clixml: 'G', value: runspaceId.toLowerCase() },
  });
}

function progressRecord(progress: Progress): PsValue {
  const isCompleted = progress.isCompleted ?? false;
  return extended({
    Activity: progress.activity,
    ActivityId: progress.activityId ?? 0,
    StatusDescription: progress.status ?? ' ',
    CurrentOperation: progress.currentOperation ?? null,
    ParentActivityId: progress.parentActivityId ?? -1,
    PercentComplete: progress.percentComplete ?? -1,
    Type: psEnum(
      'System.Management.Automation.ProgressRecordType',
      isCompleted ? 'Completed' : 'Processing',
      isCompleted ? 1 : 0,
    ),
    SecondsRemaining: progress.secondsRemaining ?? -1,
  });
}
