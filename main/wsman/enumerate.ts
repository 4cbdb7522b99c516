/**
 * The cursor of an enumeration: Enumerate, then Pull until the end, as an async iterator. Whatever way it is left (end, early exit, error,
 * signal), nothing stays open at the target: OMI makes later requests wait 20 s and more behind an enumeration that nobody drained.
 */
import type { Caller } from './call.ts';
import type { CallOptions, ResourceLocator } from './client.ts';
import {
  type Batch,
  buildEnumerate,
  buildPull,
  buildRelease,
  type EnumerationContext,
  type EnumerationMode,
  type Filter,
  type PolymorphismMode,
  readBatch,
} from './enumeration.ts';
import { ProtocolError, TransportError, WSManFault } from './errors.ts';
import { actions } from './namespaces.ts';
import type { XmlElement } from './xml.ts';

export interface EnumerateOptions {
  readonly filter?: Filter | undefined;
  /** Most items of one answer. Default 1,000, and 20 once the target has identified itself as stack 1.1; targets lower it to their own limit. */
  readonly maxElements?: number | undefined;
  readonly mode?: EnumerationMode | undefined;
  readonly polymorphism?: PolymorphismMode | undefined;
}

/** Answers in a row without items, end or progress, after which the target is taken to be broken. */
const maxEmptyPulls = 20;
/** Release is a courtesy: nobody waits for it longer than this. */
const releaseTimeoutMs = 5000;

export async function* enumerate(
  caller: Caller,
  resource: ResourceLocator,
  options: CallOptions & EnumerateOptions,
): AsyncGenerator<readonly XmlElement[], void, undefined> {
  const { filter, maxElements = caller.maxElements(), mode, polymorphism, ...call } = options;
  const begin = async (): Promise<Batch> => {
    const body = buildEnumerate({ filter, maxElements, mode, polymorphism });
    return readBatch((await caller.call({ ...call, action: actions.enumerate, resource, body })).body);
  };
  const pull = async (from: EnumerationContext): Promise<Batch> => {
    const body = buildPull(from, maxElements);
    return readBatch((await caller.call({ ...call, action: actions.pull, resource, body })).body);
  };

  /** What is open at the target; null: nothing. */
  let context: EnumerationContext | null = null;
  let yielded = false;
  let restarted = false;
  let emptyPulls = 0;
  let failed = true;
  try {
    let batch = await begin();
    for (;;) {
      // A Pull may leave the context out: then the one it was given goes on (WS-Enumeration 3.2).
      context = batch.ended ? null : (batch.context ?? context);
      if (batch.items.length > 0) {
        emptyPulls = 0;
        yielded = true;
        // `return()` of the consumer arrives here and goes straight to `finally`, as no failure.
        failed = false;
        yield batch.items;
        failed = true;
      } else if (!batch.ended && batch.context === null && context !== null) {
        // openwsman: empty Items with neither context nor EndOfSequence. There is nothing more to come.
        break;
      }
      if (context === null) break;
      if (batch.items.length === 0 && ++emptyPulls > maxEmptyPulls) {
        throw new ProtocolError(`The enumeration brings neither items nor an end (${maxEmptyPulls} empty answers).`);
      }
      try {
        batch = await pull(context);
      } catch (error) {
        // Pull is never sent again. The enumeration as a whole may be, once, as long as nobody has seen a part of it.
        if (yielded || restarted || !isConnectionLost(error)) throw error;
        restarted = true;
        context = null;
        batch = await begin();
      }
    }
    failed = false;
  } catch (error) {
    // A context that the target itself declares invalid is not open any more.
    if (error instanceof WSManFault && error.fields.subcode === 'InvalidEnumerationContext') context = null;
    throw error;
  } finally {
    if (context !== null) {
      const released = release(caller, resource, call, context);
      // After an error or a cancellation nobody should have to wait for the courtesy as well.
      if (!failed && !call.signal?.aborted) await released;
    }
  }
}

/** Sends Release; never throws. The caller's own signal is not passed on, since it may be what ended the enumeration. */
async function release(
  caller: Caller,
  resource: ResourceLocator,
  call: CallOptions,
  context: EnumerationContext,
): Promise<void> {
  try {
    await caller.call({
      options: call.options,
      timeoutMs: releaseTimeoutMs,
      action: actions.release,
      resource,
      body: buildRelease(context),
    });
  } catch {
    // The target forgets the context by itself after its EnumerationTimeout.
  }
}

function isConnectionLost(error: unknown): boolean {
  return error instanceof TransportError && error.reason === 'connection-lost';
}
