/** For lab tests: a window on one shell, that keeps what it was told and waits for what is to come. */
import type { ConsoleClient } from '../../../shared/contract/contract.ts';
import type { ShellEvent, ShellInput, ShellKind, ShellStream } from '../../../shared/contract/remote-shell.ts';
import type { Channel } from '../../../shared/rpc/endpoint.ts';

export interface TestWindow {
  readonly channel: Channel<Uint8Array | ShellEvent, ShellInput>;
  /** Standard output and everything else, as text, in the order of arrival. */
  text(stream?: ShellStream): string;
  readonly events: readonly ShellEvent[];
  readonly bytes: number;
  type(line: string): Promise<void>;
  /** Waits for text that comes from now on, or has come since `from`. */
  until(fits: (window: TestWindow) => boolean, what: string, limitMs?: number): Promise<void>;
  /** How often it became idle. */
  readonly idles: number;
  /** Types a line and waits until the next one can be typed; returns what it printed. */
  run(line: string): Promise<string>;
  /** Ends with what the stream ended with. */
  readonly ended: Promise<void>;
}

export function openTestWindow(
  client: ConsoleClient,
  machineId: string,
  options: {
    kind?: ShellKind;
    keep?: boolean;
    configurationName?: string | null;
    codePage?: number | null;
    signal?: AbortSignal;
  } = {},
): TestWindow {
  const { kind = 'cmd', keep = true, configurationName = null, codePage = null } = options;
  const channel = client.remoteShell.open(
    { machineId, kind, configurationName, codePage, columns: 120, rows: 30 },
    options.signal,
  );
  const decoder = new TextDecoder();
  const events: ShellEvent[] = [];
  const pieces: { stream: ShellStream; text: string }[] = [];
  const listeners = new Set<() => void>();
  let bytes = 0;
  let stream: ShellStream = 'stdout';
  const window: TestWindow = {
    channel,
    events,
    get bytes() {
      return bytes;
    },
    get idles() {
      return events.filter((event) => event.kind === 'state' && event.state === 'idle').length;
    },
    text: (wanted) =>
      pieces
        .filter((piece) => wanted === undefined || piece.stream === wanted)
        .map(({ text }) => text)
        .join(''),
    type: (line) => channel.send(new TextEncoder().encode(`${line}\n`)),
    until: (fits, what, limitMs = 15_000) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!fits(window)) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve();
        };
        const timer = setTimeout(() => {
          listeners.delete(look);
          reject(
            new Error(
              `It did not come to ${what}. It said: ${JSON.stringify(window.text().slice(-500))} ${JSON.stringify(events.slice(-6))}`,
            ),
          );
        }, limitMs);
        listeners.add(look);
        look();
      }),
    async run(line) {
      const from = window.text().length;
      const { idles } = window;
      await window.type(line);
      await window.until((now) => now.idles > idles, `the end of ${line}`);
      return window.text().slice(from);
    },
    ended: follow(),
  };
  async function follow(): Promise<void> {
    try {
      for await (const item of channel) {
        if (item instanceof Uint8Array) {
          bytes += item.length;
          if (keep) pieces.push({ stream, text: decoder.decode(item, { stream: true }) });
        } else {
          if (item.kind === 'stream') stream = item.stream;
          events.push(item);
        }
        for (const listener of listeners) listener();
      }
    } finally {
      for (const listener of listeners) listener();
    }
  }
  window.ended.catch(() => {});
  return window;
}
