import { type ConsoleClient, contract } from '../../shared/contract/contract.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import type { Port } from '../../shared/rpc/port.ts';
import { electronPort } from './electron-port.ts';
import { openWebPort, WebPortError } from './web-port.ts';

/**
 * `lost`: was connected, trying again. `ended`: the console is gone (still tried now and then in a browser). `signed-out`: a console
 * answers, but not to this page: it has been started anew and printed a new address.
 */
export type LinkState = 'connecting' | 'open' | 'lost' | 'ended' | 'signed-out';

type Attachment = { run: (client: ConsoleClient, signal: AbortSignal) => void; abort: AbortController | null };

const attachments = new Set<Attachment>();
const listeners = new Set<() => void>();
let state: LinkState = 'connecting';
let current: ConsoleClient | null = null;
let attempts = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let started = false;

/** Opens the way to the console; called once by main.tsx. The desktop window was given a port, a browser opens a socket. */
export function startLink(): void {
  if (started) return;
  started = true;
  const port = electronPort();
  if (port !== undefined) adopt(port, false);
  else void open();
}

/** Tries now instead of at the next due moment. */
export function retryLink(): void {
  if (current !== null || electronPort() !== undefined) return;
  clearTimeout(timer);
  attempts = 0;
  setState('connecting');
  void open();
}

export const linkState = (): LinkState => state;
export function onLinkState(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The console, for single calls. Throws a Problem `disconnected` while there is none. */
export function consoleClient(): ConsoleClient {
  if (current === null) {
    throw new ProblemError({
      code: 'disconnected',
      message: 'The console is not connected.',
      advice: ['Wait until it is back, or start it again.'],
      retryable: true,
    });
  }
  return current;
}

/**
 * Runs `run` now, if connected, and again after every reconnect, since streams die with their port. `signal` is aborted when the
 * connection is lost or the returned function is called: hand it to the streams.
 */
export function attach(run: (client: ConsoleClient, signal: AbortSignal) => void): () => void {
  const attachment: Attachment = { run, abort: null };
  attachments.add(attachment);
  if (current !== null) launch(attachment, current);
  return () => {
    attachments.delete(attachment);
    attachment.abort?.abort();
  };
}

function launch(attachment: Attachment, client: ConsoleClient): void {
  attachment.abort = new AbortController();
  attachment.run(client, attachment.abort.signal);
}

async function open(): Promise<void> {
  try {
    adopt(await openWebPort(), true);
  } catch (error) {
    attempts += 1;
    const signedOut = error instanceof WebPortError && error.failure === 'signed-out';
    // A reload of the host takes a moment; after five tries in about ten seconds it is honest to say that it has ended.
    setState(signedOut ? 'signed-out' : attempts < 5 ? (state === 'connecting' ? 'connecting' : 'lost') : 'ended');
    timer = setTimeout(open, Math.min(500 * 2 ** attempts, 15_000));
  }
}

function adopt(port: Port, reconnects: boolean): void {
  // The RPC client takes the port's only onClose; this wraps it so that both it and the link hear of the end.
  let clientClosed: (reason: string) => void = () => {};
  port.onClose((reason) => {
    clientClosed(reason);
    current = null;
    for (const attachment of attachments) {
      attachment.abort?.abort();
      attachment.abort = null;
    }
    if (reconnects) {
      attempts = 0;
      setState('lost');
      timer = setTimeout(open, 300);
    } else setState('ended');
  });
  const client = connectClient(
    {
      send: (frame) => port.send(frame),
      onMessage: (listener) => port.onMessage(listener),
      onClose: (listener) => {
        clientClosed = listener;
      },
    },
    contract,
  );
  attempts = 0;
  current = client;
  setState('open');
  for (const attachment of attachments) launch(attachment, client);
}

function setState(next: LinkState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}
