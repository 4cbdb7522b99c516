import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type Problem, ProblemError } from '../contract/problem.ts';
import { connectClient } from './client.ts';
import { type Channel, type Client, call, type Handlers, of, type Sink, stream } from './endpoint.ts';
import { windowBytes, windowItems } from './frames.ts';
import type { Port } from './port.ts';
import { serveContract } from './server.ts';

/**
 * What the RPC promises, whatever the pipe: every kind of port runs this same suite (memory beside this file, WebSocket in
 * main/web-host, Electron in app).
 */

/** Two joined ends, and what ends the pipe in the way that is usual for its kind. */
export interface PortPair {
  readonly console: Port;
  readonly window: Port;
  close(): Promise<void> | void;
}

const echoContract = {
  echo: {
    value: call(v.object({ value: v.unknown() }), of<unknown>()),
    number: call(
      v.object({ numbers: v.array(v.number()), name: v.pipe(v.string(), v.regex(/^a/, 'must begin with a')) }),
      of<number>(),
    ),
    fail: call(v.object({}), of<void>()),
    hang: call(v.object({}), of<void>()),
    nothing: call(v.object({}), of<void>()),
  },
  streams: {
    count: stream(v.object({ to: v.number() }), of<number>()),
    blocks: stream(v.object({ blocks: v.number(), size: v.number() }), of<Uint8Array>()),
    failAfter: stream(v.object({ items: v.number() }), of<number>()),
    echo: stream(v.object({}), of<unknown>(), v.unknown()),
    bytes: stream(v.object({}), of<number>(), v.instance(Uint8Array)),
    drain: stream(v.object({}), of<number>(), v.number()),
    deaf: stream(v.object({}), of<number>(), v.number()),
    coalesce: stream(v.object({}), of<number>()),
  },
} as const;
type EchoContract = typeof echoContract;

const refusal: Problem = {
  code: 'operation-failed',
  message: 'StopService was refused.',
  advice: ['Stop what depends on it first.'],
  retryable: false,
  operation: { method: 'StopService', returnValue: 3, meaning: 'Dependent services are running' },
};

interface Console {
  readonly client: Client<EchoContract>;
  readonly stop: () => void;
  /** Handlers that are at work, and what their signals have said. */
  readonly log: string[];
  readonly pushed: () => number;
  readonly release: () => void;
  readonly close: () => Promise<void> | void;
  readonly sentUp: () => number;
}

async function open(makePair: () => Promise<PortPair> | PortPair): Promise<Console> {
  const pair = await makePair();
  const log: string[] = [];
  let pushed = 0;
  let sentUp = 0;
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const push = async <T>(sink: Sink<T>, item: T) => {
    pushed += 1;
    await sink.push(item);
  };
  const untilAborted = (name: string, signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      log.push(`${name} begins`);
      signal.addEventListener('abort', () => {
        log.push(`${name} aborted: ${(signal.reason as ProblemError).problem.code}`);
        reject(signal.reason as Error);
      });
    });
  const handlers: Handlers<EchoContract> = {
    echo: {
      value: async ({ value }) => value,
      number: async ({ numbers }) => numbers.length,
      fail: async () => {
        throw new ProblemError(refusal);
      },
      nothing: async () => undefined,
      hang: (_, signal) => untilAborted('hang', signal),
    },
    streams: {
      async count({ to }, sink) {
        for (let i = 0; i < to; i++) await push(sink, i);
      },
      async blocks({ blocks, size }, sink) {
        for (let i = 0; i < blocks; i++) await push(sink, new Uint8Array(size).fill(i));
      },
      async failAfter({ items }, sink) {
        for (let i = 0; i < items; i++) await push(sink, i);
        throw new ProblemError(refusal);
      },
      async echo(_, sink, up) {
        for await (const message of up) await push(sink, message);
      },
      async bytes(_, sink, up) {
        for await (const message of up) await push(sink, message.length);
      },
      async drain(_, sink, up) {
        await released;
        let sum = 0;
        for await (const message of up) {
          sentUp += 1;
          sum += message;
        }
        await push(sink, sum);
      },
      deaf: async (_, sink) => untilAborted('deaf', sink.signal),
      async coalesce(_, sink) {
        log.push(`ready ${sink.ready}`);
        while (sink.ready) void push(sink, pushed);
        log.push(`full ${sink.ready}`);
        await released;
      },
    },
  };
  const toProblem = (error: unknown): Problem =>
    error instanceof ProblemError
      ? error.problem
      : { code: 'internal-error', message: String((error as Error).message), advice: [], retryable: false };
  const stop = serveContract(pair.console, echoContract, handlers, toProblem);
  const client = connectClient(pair.window, echoContract);
  return { client, stop, log, pushed: () => pushed, sentUp: () => sentUp, release, close: () => pair.close() };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const rejected = async (promise: Promise<unknown>): Promise<Problem> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProblemError);
  return (error as ProblemError).problem;
};

/** Frames that are on their way have arrived once an answer has come back over the same pipe, which keeps the order. */
const settled = async ({ client }: Console): Promise<void> => {
  for (let i = 0; i < 20; i++) await client.echo.value({ value: i });
};

/** Declares the suite for one kind of port. `makePair` is called for every test. */
export function portConformance(name: string, makePair: () => Promise<PortPair> | PortPair): void {
  const using = (work: (console: Console) => Promise<void>) => async () => {
    const console = await open(makePair);
    try {
      await work(console);
    } finally {
      await console.close();
    }
  };

  describe(`${name}: values`, () => {
    const values: readonly (readonly [string, unknown])[] = [
      ['a uint64', 18446744073709551615n],
      ['a negative bigint', -9223372036854775808n],
      ['bytes inside a value', { thumbprint: new Uint8Array([0, 1, 254, 255]), none: new Uint8Array(0) }],
      ['bytes as the value', new Uint8Array([1, 2, 3])],
      [
        'numbers that are none in JSON',
        [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324],
      ],
      [
        'objects that look like a tag',
        [{ $bigint: '1' }, { $bytes: 'AA==' }, { $number: 'NaN' }, { $$bigint: 1n }, { $: 1, $x: 2 }],
      ],
      ['names of prototypes', { constructor: 'x', prototype: 1, toString: 'y', hasOwnProperty: null }],
      ['every kind of nothing', [null, '', [], {}, false, 0]],
      ['hard text', 'ä€😀\u0000\u2028\ud800"\\$__proto__\\u0024'],
      ['a CIM datetime', { cim: 'datetime', text: '20260102030405.1234567+060', epochMs: 1767319445123.456 }],
      [
        'a CIM instance',
        {
          cim: 'instance',
          className: 'X',
          properties: [
            ['__proto__', 1n],
            ['$a', [null, { cim: 'interval', text: '', microseconds: 1n }]],
          ],
        },
      ],
    ];
    for (const [what, value] of values) {
      test(
        `${what} crosses both ways unchanged`,
        using(async ({ client }) => {
          expect(await client.echo.value({ value })).toStrictEqual(value);
          const channel = client.streams.echo({});
          await channel.send(value);
          channel.end();
          expect(await all(channel)).toStrictEqual([value]);
        }),
      );
    }

    test(
      'undefined is dropped from objects, and a call may return nothing',
      using(async ({ client }) => {
        expect(await client.echo.value({ value: { a: undefined, b: 1 } })).toStrictEqual({ b: 1 });
        expect(await client.echo.nothing({})).toBeUndefined();
      }),
    );

    test(
      'what would arrive as something else is refused where it is sent',
      using(async ({ client }) => {
        for (const value of [new Date(0), new Map(), () => 1, Symbol('x')]) {
          expect((await rejected(client.echo.value({ value }))).code).toBe('invalid-input');
        }
        const channel = client.streams.echo({});
        expect((await rejected(channel.send(new Date(0)))).code).toBe('invalid-input');
        await channel.send('still alive');
        channel.end();
        expect(await all(channel)).toEqual(['still alive']);
      }),
    );

    test(
      'a megabyte of text and of bytes',
      using(async ({ client }) => {
        const text = 'ü'.repeat(1_000_000);
        expect(await client.echo.value({ value: text })).toBe(text);
        const bytes = new Uint8Array(3_000_000).map((_, index) => index);
        expect(await client.echo.value({ value: bytes })).toStrictEqual(bytes);
      }),
    );
  });

  describe(`${name}: calls`, () => {
    test(
      'many at once, each gets its own answer',
      using(async ({ client }) => {
        const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => client.echo.value({ value: i })));
        expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => i));
      }),
    );

    test(
      'input is checked where it enters, and the refusal says which part',
      using(async ({ client }) => {
        const wrong = { numbers: [1, 'two'], name: 'a' } as never;
        expect(await rejected(client.echo.number(wrong))).toMatchObject({
          code: 'invalid-input',
          message: '"numbers[1]" is not valid: number is expected.',
        });
        expect((await rejected(client.echo.number({ numbers: [], name: 'secret' }))).message).toBe(
          '"name" must begin with a.',
        );
        expect((await rejected(client.echo.number({ numbers: [] } as never))).message).toBe('"name" is missing.');
        expect((await rejected(client.echo.number(null as never))).message).toBe(
          'The input is not valid: Object is expected.',
        );
      }),
    );

    test(
      'what a handler throws arrives as its problem, with every field',
      using(async ({ client }) => {
        expect(await rejected(client.echo.fail({}))).toStrictEqual(refusal);
      }),
    );

    test(
      'an abort rejects at once and reaches the handler; one before the start asks nothing',
      using(async (console) => {
        const controller = new AbortController();
        const hanging = rejected(console.client.echo.hang({}, controller.signal));
        await settled(console);
        controller.abort();
        expect((await hanging).code).toBe('cancelled');
        await settled(console);
        expect(console.log).toEqual(['hang begins', 'hang aborted: cancelled']);
        expect((await rejected(console.client.echo.hang({}, controller.signal))).code).toBe('cancelled');
        await settled(console);
        expect(console.log).toHaveLength(2);
      }),
    );
  });

  describe(`${name}: streams`, () => {
    test(
      'all items, in order, then the end',
      using(async ({ client }) => {
        expect(await all(client.streams.count({ to: 500 }))).toEqual(Array.from({ length: 500 }, (_, i) => i));
        expect(await all(client.streams.count({ to: 0 }))).toEqual([]);
      }),
    );

    test(
      'bytes travel as bytes',
      using(async ({ client }) => {
        const blocks = await all(client.streams.blocks({ blocks: 40, size: 100_000 }));
        expect(blocks.map((block) => [block instanceof Uint8Array, block.length, block[99_999]])).toEqual(
          Array.from({ length: 40 }, (_, i) => [true, 100_000, i]),
        );
      }),
    );

    test(
      'a slow reader stops the writer after one window, and loses nothing',
      using(async (console) => {
        const channel = console.client.streams.count({ to: 100 });
        await settled(console);
        expect(console.pushed()).toBe(windowItems);
        const items: number[] = [];
        for await (const item of channel) {
          items.push(item);
          await settled(console);
          expect(console.pushed()).toBeLessThanOrEqual(items.length + windowItems + 1);
        }
        expect(items).toHaveLength(100);
      }),
    );

    test(
      'the window is bounded in bytes too, and a larger item still passes',
      using(async (console) => {
        const channel = console.client.streams.blocks({ blocks: 10, size: windowBytes / 2 });
        await settled(console);
        expect(console.pushed()).toBe(2);
        expect(await all(channel)).toHaveLength(10);
        const large = await all(console.client.streams.blocks({ blocks: 3, size: windowBytes * 2 }));
        expect(large.map((block) => block.length)).toEqual([windowBytes * 2, windowBytes * 2, windowBytes * 2]);
      }),
    );

    test(
      '`ready` says when the reader is behind; what is pushed without waiting is still not lost',
      using(async (console) => {
        const channel = console.client.streams.coalesce({});
        await settled(console);
        expect(console.log).toEqual(['ready true', 'full false']);
        expect(console.pushed()).toBe(windowItems);
        console.release();
        expect(await all(channel)).toHaveLength(windowItems);
      }),
    );

    test(
      'items before a failure are read, then it is thrown',
      using(async ({ client }) => {
        const items: number[] = [];
        const reading = (async () => {
          for await (const item of client.streams.failAfter({ items: 5 })) items.push(item);
        })();
        expect(await rejected(reading)).toStrictEqual(refusal);
        expect(items).toEqual([0, 1, 2, 3, 4]);
      }),
    );

    test(
      'upward messages wait for credit, arrive in order, and the end comes after them',
      using(async (console) => {
        const channel = console.client.streams.drain({});
        let sent = 0;
        const sending = (async () => {
          for (let i = 1; i <= 100; i++) {
            await channel.send(i);
            sent = i;
          }
          channel.end();
        })();
        await settled(console);
        expect(sent).toBe(windowItems - 1);
        console.release();
        await sending;
        expect(await all(channel)).toEqual([5050]);
        expect(console.sentUp()).toBe(100);
      }),
    );

    test(
      'an end right after messages that still wait loses none of them',
      using(async (console) => {
        const channel = console.client.streams.drain({});
        for (let i = 1; i <= 100; i++) void channel.send(i);
        channel.end();
        await expect(channel.send(1)).rejects.toThrow();
        console.release();
        expect(await all(channel)).toEqual([5050]);
      }),
    );

    test(
      'upward bytes, and an upward message that is not valid',
      using(async ({ client }) => {
        const channel = client.streams.bytes({});
        await channel.send(new Uint8Array([1, 2, 3]));
        await channel.send(new Uint8Array(0));
        channel.end();
        expect(await all(channel)).toEqual([3, 0]);
        const wrong = client.streams.bytes({});
        await wrong.send('text' as never);
        expect((await rejected(all(wrong))).code).toBe('invalid-input');
        await expect(wrong.send(new Uint8Array(1))).rejects.toThrow();
      }),
    );

    const ways: Readonly<Record<string, (channel: Channel<number, number>, abort: () => void) => unknown>> = {
      cancel: (channel) => channel.cancel(),
      'the signal': (_, abort) => abort(),
      'leaving the loop': (channel) => channel[Symbol.asyncIterator]().return?.(),
    };
    for (const [way, leave] of Object.entries(ways)) {
      test(
        `${way} ends the loop quietly and aborts the handler`,
        using(async (console) => {
          const controller = new AbortController();
          const channel = console.client.streams.deaf({}, controller.signal);
          const reading = all(channel);
          await settled(console);
          await leave(channel, () => controller.abort());
          expect(await reading).toEqual([]);
          expect((await rejected(channel.send(1))).code).toBe('cancelled');
          await settled(console);
          expect(console.log).toEqual(['deaf begins', 'deaf aborted: cancelled']);
        }),
      );
    }

    test(
      'a writer that is cancelled while it waits for credit stops',
      using(async (console) => {
        const channel = console.client.streams.count({ to: 1_000_000 });
        await settled(console);
        channel.cancel();
        await settled(console);
        const pushed = console.pushed();
        await settled(console);
        expect(console.pushed()).toBe(pushed);
        expect(await all(channel)).toEqual([]);
      }),
    );

    test(
      'a stream whose signal is aborted already asks nothing',
      using(async (console) => {
        const controller = new AbortController();
        controller.abort();
        expect(await all(console.client.streams.deaf({}, controller.signal))).toEqual([]);
        await settled(console);
        expect(console.log).toEqual([]);
      }),
    );
  });

  describe(`${name}: the end of the pipe`, () => {
    test(
      'aborts every handler and rejects everything, also what is asked afterwards',
      using(async (console) => {
        const hanging = rejected(console.client.echo.hang({}));
        const channel = console.client.streams.deaf({});
        const reading = rejected(all(channel));
        await settled(console);
        await console.close();
        expect((await hanging).code).toBe('disconnected');
        expect((await reading).code).toBe('disconnected');
        expect((await rejected(channel.send(1))).code).toBe('disconnected');
        expect((await rejected(console.client.echo.value({ value: 1 }))).code).toBe('disconnected');
        expect((await rejected(all(console.client.streams.count({ to: 1 })))).code).toBe('disconnected');
        await expect
          .poll(() => console.log.slice().sort())
          .toEqual(['deaf aborted: disconnected', 'deaf begins', 'hang aborted: disconnected', 'hang begins']);
      }),
    );

    test(
      'a console that stops tells everybody',
      using(async (console) => {
        const hanging = rejected(console.client.echo.hang({}));
        const reading = rejected(all(console.client.streams.deaf({})));
        await settled(console);
        console.stop();
        expect((await hanging).code).toBe('disconnected');
        expect((await reading).code).toBe('disconnected');
        expect(console.log.filter((line) => line.includes('aborted'))).toHaveLength(2);
      }),
    );
  });
}
