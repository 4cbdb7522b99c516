/** One pipeline of a pool (MS-PSRP 3.1.5.3.3, 3.1.5.4.10 to 3.1.5.4.26): from CREATE_PIPELINE to its last state, with what it asks the host. */

import { ProtocolError } from '../../wsman/errors.ts';
import { deserializeClixml, serializeClixml } from '../../wsman/psrp/clixml.ts';
import { itemsOf, numberOf, propertyOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import { type PsValue, psObject, psProperties } from '../../wsman/psrp/clixml-types.ts';
import { createReassembler } from '../../wsman/psrp/fragment.ts';
import { decodeMessage, type MessageType, type PsrpMessage } from '../../wsman/psrp/message.ts';
import { LabFault } from '../faults.ts';
import { cmdletsLike, commandInfo } from '../powershell/cmdlets/all.ts';
import { noInput, runSteps, type Step } from '../powershell/run.ts';
import { errorRecordValue, ScriptError, ScriptExit } from '../powershell/script-error.ts';
import { createBell } from '../shell/pipe.ts';
import { Interruption } from '../shell/program.ts';
import { createMessageQueue, type MessageQueue } from './message-queue.ts';
import { createPipelineHost, type MergeableStream, type PipelineWires } from './pipeline-host.ts';
import type { LabPool } from './pool.ts';

export interface LabPipeline {
  readonly pipelineId: string;
  readonly queue: MessageQueue;
  readonly isRunning: boolean;
  /** Its shell was disconnected, and nobody has come back to this one since. */
  isDisconnected: boolean;
  /** More of it, and what is piped in. False: it was not taken within the time. */
  accept(packet: Uint8Array, waitMs: number): Promise<boolean>;
  /** One message for it that came to its pool. */
  handle(message: PsrpMessage): void;
  /** Signal ctrl_c. */
  stop(): void;
  /** Its shell or it itself is gone. */
  kill(): void;
}

/** Objects piped in that nothing has taken yet. */
const mostWaiting = 1000;

/** The pipeline starts once its CREATE_PIPELINE is whole. Throws LabFault where the first packet is no message. */
export function createPipeline(pool: LabPool, pipelineId: string, first: Uint8Array): LabPipeline {
  const queue = createMessageQueue(pool.nextObjectId);
  const reassembler = createReassembler();
  const changed = createBell();
  const waiting: PsValue[] = [];
  const answers = new Map<bigint, PsValue>();
  const killed = new AbortController();
  const stopped = new AbortController();
  const signal = AbortSignal.any([killed.signal, stopped.signal]);
  let inputEnded = false;
  let isRunning = true;
  let isStarted = false;

  const send = (type: MessageType, value: PsValue, until: AbortSignal): Promise<void> =>
    queue.push({ type, runspacePoolId: pool.poolId, pipelineId, data: serializeClixml(value) }, until);

  async function* input(): AsyncIterable<PsValue> {
    for (;;) {
      while (waiting.length === 0) {
        if (inputEnded) return;
        await changed.wait(signal);
      }
      const value = waiting.shift()!;
      changed.ring();
      yield value;
    }
  }

  function handle(message: PsrpMessage): void {
    const value = message.data === '' ? null : deserializeClixml(message.data);
    switch (message.type) {
      case 'CREATE_PIPELINE':
        start(value);
        return;
      case 'GET_COMMAND_METADATA':
        void finish(sendMetadata(value));
        return;
      case 'PIPELINE_INPUT':
        if (!inputEnded) waiting.push(value);
        break;
      case 'END_OF_PIPELINE_INPUT':
        inputEnded = true;
        break;
      case 'PIPELINE_HOST_RESPONSE': {
        const callId = propertyOf(value, 'ci');
        if (typeof callId === 'bigint') answers.set(callId, value);
        break;
      }
      default:
        throw new LabFault(87, { powershellPlugin: true });
    }
    changed.ring();
  }

  function start(value: PsValue): void {
    if (isStarted) throw new LabFault(87, { powershellPlugin: true });
    isStarted = true;
    const created = readPipeline(value);
    if (created.hasNoInput) inputEnded = true;
    const wires: PipelineWires = {
      pool,
      send,
      signal,
      killed: killed.signal,
      input,
      hostInfo: created.hostInfo,
      waitForAnswer,
      merged: created.merged,
      streamOptions: created.streamOptions,
      script: created.script,
    };
    void finish(run(created.pipelines, wires));
  }

  async function waitForAnswer(callId: bigint): Promise<PsValue> {
    while (!answers.has(callId)) await changed.wait(signal);
    const answer = answers.get(callId)!;
    answers.delete(callId);
    return answer;
  }

  async function run(pipelines: readonly (readonly Step[])[], wires: PipelineWires): Promise<void> {
    const giveBack = await pool.takeRunspace(signal);
    try {
      const host = createPipelineHost(wires);
      const scope = pool.variables;
      try {
        for (const steps of pipelines) {
          for await (const value of runSteps({ host, scope }, steps, steps === pipelines[0] ? input() : noInput())) {
            await host.output(value);
          }
        }
      } catch (error) {
        // `exit` asks the host to end; whether it does is the host's business.
        if (error instanceof ScriptExit) await host.tell('SetShouldExit', [error.exitCode]);
        throw error;
      }
    } finally {
      giveBack();
    }
  }

  async function sendMetadata(request: PsValue): Promise<void> {
    const names = (itemsOf(propertyOf(request, 'Name') ?? null) ?? ['*']).map((name) => textOf(name) ?? '*');
    const found = cmdletsLike(names).filter(({ name }) => pool.endpoint.commands?.has(name.toLowerCase()) ?? true);
    const count = psObject({
      typeNames: [
        'Selected.Microsoft.PowerShell.Commands.GenericMeasureInfo',
        'System.Management.Automation.PSCustomObject',
        'System.Object',
      ],
      extended: psProperties({ Count: found.length }),
    });
    await send('PIPELINE_OUTPUT', count, signal);
    for (const cmdlet of found) await send('PIPELINE_OUTPUT', commandInfo(cmdlet), signal);
  }

  /** The last state of it: Completed, Failed with what it failed of, or Stopped. */
  async function finish(work: Promise<void>): Promise<void> {
    let state = 4;
    let failure: ScriptError | null = null;
    try {
      await work;
    } catch (error) {
      if (error instanceof ScriptExit) state = 4;
      else if (error instanceof ScriptError) [state, failure] = [5, error];
      else if (error instanceof Interruption) [state, failure] = [3, pipelineStopped()];
      else {
        process.stderr.write(`lab: ${error instanceof Error ? error.stack : String(error)}\n`);
        [state, failure] = [5, new ScriptError({ message: 'The lab has failed.' }, 'script')];
      }
    }
    isRunning = false;
    if (killed.signal.aborted) return;
    const record: Readonly<Record<string, PsValue>> =
      failure === null ? {} : { ExceptionAsErrorRecord: errorRecordValue(failure) };
    const last = psObject({ extended: psProperties({ PipelineState: state, ...record }) });
    await send('PIPELINE_STATE', last, killed.signal).catch(() => {});
    queue.end();
  }

  const pipeline: LabPipeline = {
    pipelineId,
    queue,
    isDisconnected: false,
    get isRunning() {
      return isRunning;
    },
    async accept(packet, waitMs) {
      if (isStarted && isRunning) {
        const patience = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
        try {
          while (waiting.length >= mostWaiting) await changed.wait(patience);
        } catch {
          if (!signal.aborted) return false;
        }
      }
      let messages: Uint8Array[];
      try {
        messages = reassembler.accept(packet);
        for (const message of messages) handle(decodeMessage(message));
      } catch (error) {
        if (error instanceof ProtocolError) throw new LabFault(87, { powershellPlugin: true });
        throw error;
      }
      return true;
    },
    handle,
    stop() {
      stopped.abort(new Interruption('ctrl_c'));
    },
    kill() {
      killed.abort(new Interruption('killed'));
      queue.fail(new LabFault(995, { powershellPlugin: true }));
    },
  };
  try {
    for (const message of reassembler.accept(first)) handle(decodeMessage(message));
  } catch (error) {
    if (error instanceof ProtocolError) throw new LabFault(87, { powershellPlugin: true });
    throw error;
  }
  return pipeline;
}

const pipelineStopped = (): ScriptError =>
  new ScriptError(
    {
      message: 'The pipeline has been stopped.',
      exception: [
        'System.Management.Automation.PipelineStoppedException',
        'System.Management.Automation.RuntimeException',
        'System.SystemException',
        'System.Exception',
      ],
      id: 'PipelineStopped',
      category: 'OperationStopped',
    },
    'script',
  );

interface CreatedPipeline {
  /** Statements that run one after the other, each a pipeline. */
  readonly pipelines: readonly (readonly Step[])[];
  readonly hasNoInput: boolean;
  readonly hostInfo: PsValue;
  readonly merged: ReadonlySet<MergeableStream>;
  readonly streamOptions: number;
  readonly script: string;
}

/** CREATE_PIPELINE (2.2.2.10, 2.2.3.11 to 2.2.3.13). */
function readPipeline(value: PsValue): CreatedPipeline {
  const powershell = propertyOf(value, 'PowerShell');
  const first = itemsOf(propertyOf(powershell, 'Cmds'));
  if (first === null || first.length === 0) throw new LabFault(87, { powershellPlugin: true });
  const extra = itemsOf(propertyOf(powershell, 'ExtraCmds') ?? null) ?? [];
  const lists = extra.length === 0 ? [first] : extra.map((one) => itemsOf(propertyOf(one, 'Cmds')) ?? []);
  return {
    pipelines: lists.map((commands) => commands.map(readStep)),
    hasNoInput: propertyOf(value, 'NoInput') === true,
    hostInfo: propertyOf(value, 'HostInfo') ?? null,
    merged: new Set(mergeableStreams.filter((stream) => first.some((command) => merges(command, stream)))),
    streamOptions: numberOf(propertyOf(value, 'RemoteStreamOptions')) ?? 0,
    script: textOf(propertyOf(first[0]!, 'Cmd')) ?? '',
  };
}

const mergeableStreams: readonly MergeableStream[] = ['Error', 'Warning', 'Verbose', 'Debug', 'Information'];

/** PipelineResultTypes: 1 Output, 2 Error. Before protocol 2.2 there are only errors to merge, in words of their own. */
function merges(command: PsValue, stream: MergeableStream): boolean {
  const type = (name: string): number => numberOf(propertyOf(command, name)) ?? 0;
  if (type(`Merge${stream}`) === 1) return true;
  return stream === 'Error' && type('MergeMyResult') === 2 && type('MergeToResult') === 1;
}

function readStep(command: PsValue): Step {
  const name = textOf(propertyOf(command, 'Cmd')) ?? '';
  const args = (itemsOf(propertyOf(command, 'Args') ?? null) ?? []).map((argument) => ({
    name: textOf(propertyOf(argument, 'N'))?.replace(/^-|:$/g, '') ?? null,
    value: propertyOf(argument, 'V') ?? null,
  }));
  return propertyOf(command, 'IsScript') === true
    ? { kind: 'script', text: name, arguments: args }
    : { kind: 'command', name, arguments: args };
}
