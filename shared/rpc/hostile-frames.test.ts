import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { Problem, ProblemError } from '../contract/problem.ts';
import { connectClient } from './client.ts';
import { call, of, stream } from './endpoint.ts';
import { decodeFrame, encodeFrame, maxFrameLength, windowBytes, windowItems } from './frames.ts';
import { memoryPortPair } from './memory-port.ts';
import { serveContract } from './server.ts';
import { FrameError, fromJson, toJson } from './values.ts';

/** Frames that no honest side sends: each ends in a problem, and the port works afterwards. */

const contract = {
  area: {
    echo: call(v.object({ value: v.unknown() }), of<unknown>()),
    stream: stream(v.object({}), of<number>()),
    up: stream(v.object({}), of<number>(), v.number()),
  },
} as const;

function serve() {
  const [console, window] = memoryPortPair();
  const received: Record<string, unknown>[] = [];
  const inputs: unknown[] = [];
  const events: string[] = [];
  const waits = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        events.push((signal.reason as ProblemError).problem.code);
        resolve();
      });
    });
  serveContract(
    console,
    contract,
    {
      area: {
        echo: async (input) => {
          inputs.push(input);
          return input.value;
        },
        stream: (_, sink) => waits(sink.signal),
        up: (_, sink) => waits(sink.signal),
      },
    },
    (error) => ({ code: 'internal-error', message: String(error), advice: [], retryable: false }),
  );
  window.onMessage((frame) =>
    received.push(typeof frame === 'string' ? (JSON.parse(frame) as Record<string, unknown>) : { frame }),
  );
  const send = async (...frames: unknown[]) => {
    for (const frame of frames) {
      window.send(typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { send, received, inputs, events, window };
}

const problemCodes = (frames: readonly Record<string, unknown>[]) =>
  frames.filter(({ frame }) => frame === 'problem').map(({ id, problem }) => [id, (problem as Problem).code]);

const echo = (id: number, value: unknown) => ({ frame: 'call', id, area: 'area', endpoint: 'echo', value: { value } });

describe('the console', () => {
  const malformed: readonly (readonly [string, string | Uint8Array, number])[] = [
    ['no JSON', '{', 0],
    ['empty', '', 0],
    ['a list', '[]', 0],
    ['null', 'null', 0],
    ['a number', '1', 0],
    ['no kind', '{"id":7}', 7],
    ['an unknown kind', '{"frame":"shutdown","id":7}', 7],
    ['a kind from a prototype', '{"frame":"constructor","id":7}', 7],
    ['no id', '{"frame":"call"}', 0],
    ['an id that is no integer', '{"frame":"cancel","id":1.5}', 0],
    ['a negative id', '{"frame":"cancel","id":-1}', 0],
    ['an id beyond 32 bits', '{"frame":"cancel","id":4294967296}', 0],
    ['an id that is text', '{"frame":"cancel","id":"7"}', 0],
    ['no area', '{"frame":"call","id":7,"endpoint":"echo"}', 7],
    ['an area that is an object', '{"frame":"call","id":7,"area":{},"endpoint":"echo"}', 7],
    ['a very long name', `{"frame":"call","id":7,"area":"${'a'.repeat(101)}","endpoint":"echo"}`, 7],
    ['an ack without a count', '{"frame":"ack","id":7}', 7],
    ['an ack of minus one', '{"frame":"ack","id":7,"count":-1}', 7],
    ['an unknown tag', '{"frame":"call","id":7,"area":"area","endpoint":"echo","value":{"value":{"$date":"x"}}}', 7],
    [
      'a bigint that is none',
      '{"frame":"call","id":7,"area":"area","endpoint":"echo","value":{"value":{"$bigint":"1e9"}}}',
      7,
    ],
    [
      'a huge bigint',
      `{"frame":"call","id":7,"area":"area","endpoint":"echo","value":{"value":{"$bigint":"${'9'.repeat(401)}"}}}`,
      7,
    ],
    [
      'a tag beside other keys',
      '{"frame":"call","id":7,"area":"area","endpoint":"echo","value":{"value":{"$bigint":"1","a":2}}}',
      7,
    ],
    ['broken base64', '{"frame":"call","id":7,"area":"area","endpoint":"echo","value":{"value":{"$bytes":"A?=="}}}', 7],
    [
      'too deep',
      `{"frame":"call","id":7,"area":"area","endpoint":"echo","value":{"value":${'['.repeat(5000)}"$"${']'.repeat(5000)}}}`,
      7,
    ],
    ['a binary frame without an id', new Uint8Array(3), 0],
    ['too large', `"${'x'.repeat(maxFrameLength)}"`, 0],
  ];
  for (const [what, frame, id] of malformed) {
    test(`${what}: a problem with what id there is, and the next call works`, async () => {
      const { send, received } = serve();
      await send(frame, echo(8, 'alive'));
      expect(problemCodes(received)).toEqual([[id, 'protocol-error']]);
      expect(received.at(-1)).toEqual({ frame: 'result', id: 8, value: 'alive' });
    });
  }

  test('names of prototypes are no endpoints', async () => {
    const { send, received } = serve();
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'nothing', ''];
    const frames = names.flatMap((name, index) => [
      { frame: 'call', id: 2 * index + 1, area: name, endpoint: 'echo', value: {} },
      { frame: 'call', id: 2 * index + 2, area: 'area', endpoint: name, value: {} },
    ]);
    await send(...frames);
    expect(problemCodes(received)).toEqual(frames.map(({ id }) => [id, 'not-supported']));
  });

  test('a stream is not called, a call is not opened', async () => {
    const { send, received } = serve();
    await send({ frame: 'call', id: 1, area: 'area', endpoint: 'stream', value: {} }, { ...echo(2, 1), frame: 'open' });
    expect(problemCodes(received)).toEqual([
      [1, 'not-supported'],
      [2, 'not-supported'],
    ]);
  });

  test('a property __proto__ neither arrives nor changes anything', async () => {
    const { send, inputs } = serve();
    await send(
      '{"frame":"call","id":1,"area":"area","endpoint":"echo","value":{"value":{"__proto__":{"polluted":1},"a":{"\\u005f_proto__":2,"constructor":{"prototype":{"polluted":1}}}}}}',
    );
    const { value } = inputs[0] as { value: { a: object; polluted?: unknown } };
    expect(Object.keys(value)).toEqual(['a']);
    expect(Object.keys(value.a)).toEqual(['constructor']);
    expect(value.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('an id in use is refused without harm to its owner; 0 is no id', async () => {
    const { send, received, events } = serve();
    const open = { frame: 'open', id: 1, area: 'area', endpoint: 'stream', value: {} };
    await send(open, open, { ...open, id: 0 });
    expect(problemCodes(received)).toEqual([
      [0, 'protocol-error'],
      [0, 'protocol-error'],
    ]);
    expect(events).toEqual([]);
    await send({ frame: 'cancel', id: 1 });
    expect(events).toEqual(['cancelled']);
  });

  test('frames for ids that are not alive are ignored', async () => {
    const { send, received } = serve();
    await send(
      { frame: 'cancel', id: 9 },
      { frame: 'ack', id: 9, count: 1 },
      { frame: 'send', id: 9, value: 1 },
      { frame: 'end', id: 9 },
      { frame: 'result', id: 9 },
      new Uint8Array([0, 0, 0, 9, 1]),
    );
    expect(received).toEqual([]);
  });

  test('a frame of the wrong direction ends its stream', async () => {
    const { send, received, events } = serve();
    await send(
      { frame: 'open', id: 1, area: 'area', endpoint: 'stream', value: {} },
      { frame: 'item', id: 1, value: 1 },
    );
    expect(problemCodes(received)).toEqual([[1, 'protocol-error']]);
    expect(events).toEqual(['protocol-error']);
  });

  test('upward messages where there are none, or beyond the credit, end the stream', async () => {
    const { send, received, events } = serve();
    await send(
      { frame: 'open', id: 1, area: 'area', endpoint: 'stream', value: {} },
      { frame: 'send', id: 1, value: 1 },
    );
    expect(problemCodes(received)).toEqual([[1, 'protocol-error']]);
    await send({ frame: 'open', id: 2, area: 'area', endpoint: 'up', value: {} });
    for (let i = 0; i < windowItems; i++) await send({ frame: 'send', id: 2, value: i });
    expect(problemCodes(received)).toHaveLength(1);
    await send({ frame: 'send', id: 2, value: 0 });
    expect(problemCodes(received)).toHaveLength(2);
    expect(events).toEqual(['protocol-error', 'protocol-error']);
  });

  test('a flood of open calls is bounded', async () => {
    const { send, received } = serve();
    const frames = Array.from({ length: 4097 }, (_, i) => ({
      frame: 'open',
      id: i + 1,
      area: 'area',
      endpoint: 'stream',
      value: {},
    }));
    await send(...frames);
    expect(problemCodes(received)).toEqual([[4097, 'quota-exceeded']]);
  });

  test('an ack of more than was sent gives no more credit than a window', async () => {
    const [console, window] = memoryPortPair();
    let pushed = 0;
    serveContract(
      console,
      contract,
      {
        area: {
          echo: async () => 1,
          up: async () => {},
          async stream(_, sink) {
            for (;;) {
              pushed += 1;
              await sink.push(1);
            }
          },
        },
      },
      () => ({ code: 'internal-error', message: '', advice: [], retryable: false }),
    );
    window.onMessage(() => undefined);
    window.send(JSON.stringify({ frame: 'open', id: 1, area: 'area', endpoint: 'stream', value: {} }));
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(pushed).toBe(windowItems);
    window.send(JSON.stringify({ frame: 'ack', id: 1, count: Number.MAX_SAFE_INTEGER }));
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(pushed).toBe(2 * windowItems);
  });

  test('errors that cannot be mapped, and answers that cannot cross, are internal errors', async () => {
    const [console, window] = memoryPortPair();
    const failing = { area: { echo: async () => 1n, stream: async () => {}, up: async () => {} } };
    const broken = {
      area: {
        ...failing.area,
        echo: () => {
          throw new Error('thrown at once');
        },
      },
    };
    serveContract(console, contract, broken, () => {
      throw new Error('the map is broken');
    });
    const client = connectClient(window, contract);
    await expect(client.area.echo({ value: 1 })).rejects.toMatchObject({ problem: { code: 'internal-error' } });
    const [console2, window2] = memoryPortPair();
    const unsendable = { area: { ...failing.area, echo: async () => new Date() } };
    serveContract(console2, contract, unsendable, (error) => ({
      code: 'internal-error',
      message: (error as Error).message,
      advice: [],
      retryable: false,
    }));
    await expect(connectClient(window2, contract).area.echo({ value: 1 })).rejects.toThrow('Only plain objects');
  });
});

describe('the window', () => {
  function connect() {
    const [console, window] = memoryPortPair();
    const sent: Record<string, unknown>[] = [];
    console.onMessage((frame) => sent.push(JSON.parse(String(frame)) as Record<string, unknown>));
    const answer = async (...frames: (string | Uint8Array | object)[]) => {
      for (const frame of frames)
        console.send(typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
      await new Promise((resolve) => setTimeout(resolve, 0));
    };
    return { client: connectClient(window, contract), sent, answer };
  }

  for (const frame of [
    '{',
    '{"frame":"result"}',
    '{"frame":"problem","id":1,"problem":7}',
    new Uint8Array(2),
    '{"frame":"result","id":1,"value":{"$x":1}}',
  ]) {
    test(`${String(frame)} rejects what is due with protocol-error, and the port works afterwards`, async () => {
      const { client, answer } = connect();
      const asked = client.area.echo({ value: 1 });
      asked.catch(() => undefined);
      await answer(frame);
      await expect(asked).rejects.toMatchObject({ problem: { code: 'protocol-error' } });
      const next = client.area.echo({ value: 1 });
      await answer({ frame: 'result', id: 2, value: 'fine' });
      expect(await next).toBe('fine');
    });
  }

  test('late and foreign frames are ignored', async () => {
    const { client, answer } = connect();
    const channel = client.area.stream({});
    channel.cancel();
    await answer(
      { frame: 'item', id: 1, value: 1 },
      { frame: 'problem', id: 1, problem: { code: 'timeout', message: '' } },
    );
    await answer({ frame: 'end', id: 77 }, { frame: 'result', id: 0 }, new Uint8Array([0, 0, 0, 1, 5]));
    const asked = client.area.echo({ value: 1 });
    await answer({ frame: 'result', id: 2, value: 'fine' });
    expect(await asked).toBe('fine');
  });

  test('a console that sends beyond the credit is cancelled, by items and by bytes', async () => {
    const { client, answer, sent } = connect();
    const channel = client.area.stream({});
    await answer(...Array.from({ length: windowItems + 1 }, (_, i) => ({ frame: 'item', id: 1, value: i })));
    expect(sent.at(-1)).toEqual({ frame: 'cancel', id: 1 });
    const read: number[] = [];
    await expect(async () => {
      for await (const item of channel) read.push(item);
    }).rejects.toMatchObject({ problem: { code: 'protocol-error' } });
    expect(read).toHaveLength(windowItems);
    const bytes = new Uint8Array(4 + windowBytes);
    bytes[3] = 2;
    const second = client.area.stream({});
    await answer(bytes, bytes);
    expect(sent.at(-1)).toEqual({ frame: 'cancel', id: 2 });
    second.cancel();
  });
});

describe('the encoding', () => {
  test('is readable, and tags only what JSON cannot say', () => {
    const frame = { frame: 'item', id: 1, value: { a: 1n, $b: [new Uint8Array([255])], c: 'x' } } as const;
    expect(encodeFrame(frame)).toBe(
      '{"frame":"item","id":1,"value":{"a":{"$bigint":"1"},"$$b":[{"$bytes":"/w=="}],"c":"x"}}',
    );
    expect(decodeFrame(encodeFrame(frame))).toStrictEqual(frame);
  });

  test('bytes as a whole are a binary frame with a four-byte id', () => {
    const encoded = encodeFrame({ frame: 'item', id: 0x01020304, value: new Uint8Array([9, 8]) });
    expect(encoded).toStrictEqual(new Uint8Array([1, 2, 3, 4, 9, 8]));
    expect(decodeFrame(encoded)).toStrictEqual({ frame: 'bytes', id: 0x01020304, value: new Uint8Array([9, 8]) });
    expect(decodeFrame(Buffer.from(encoded as Uint8Array))).toMatchObject({ id: 0x01020304 });
  });

  test('base64 agrees with Node, at every length', () => {
    for (let length = 0; length < 70; length++) {
      const bytes = new Uint8Array(length).map((_, i) => (i * 97 + length) & 255);
      const json = toJson(bytes) as { $bytes: string };
      expect(json.$bytes).toBe(Buffer.from(bytes).toString('base64'));
      expect(fromJson(json)).toStrictEqual(bytes);
    }
    for (const wrong of ['A', 'AA', 'AAA', 'A===', '====', 'AA=A', 'AA A', 'ÄÄÄÄ']) {
      expect(() => fromJson({ $bytes: wrong }), wrong).toThrow(FrameError);
    }
  });

  test('what needs no change is not copied', () => {
    const value = { a: [1, { b: 'x' }], c: null };
    expect(toJson(value)).toBe(value);
  });

  test('endless nesting is refused before it is sent', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => toJson(loop)).toThrow('nests deeper');
  });
});
