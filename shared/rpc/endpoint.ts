import type { GenericSchema, InferInput, InferOutput } from 'valibot';

declare const out: unique symbol;

/** Asked once, answered once. `input` is checked where it enters the console. */
export interface Call<In extends GenericSchema, Out> {
  readonly kind: 'call';
  readonly input: In;
  readonly [out]?: Out;
}

/** Asked once, answered by items until either side ends it. With `up`, messages also go the other way. */
export interface Stream<In extends GenericSchema, Item, Up extends GenericSchema | undefined> {
  readonly kind: 'stream';
  readonly input: In;
  readonly up: Up;
  readonly [out]?: Item;
}

// biome-ignore lint/suspicious/noExplicitAny: the element type of a heterogeneous table; never leaks into inferred signatures
export type Endpoint = Call<GenericSchema, any> | Stream<GenericSchema, any, GenericSchema | undefined>;
export type Contract = Readonly<Record<string, Readonly<Record<string, Endpoint>>>>;

/** A type carried as a value, so that an endpoint can be written as one expression. */
export interface Type<T> {
  readonly [out]?: T;
}
export const of = <T>(): Type<T> => ({});

export function call<In extends GenericSchema, Out>(input: In, _out: Type<Out>): Call<In, Out> {
  return { kind: 'call', input };
}

export function stream<In extends GenericSchema, Item>(input: In, item: Type<Item>): Stream<In, Item, undefined>;
export function stream<In extends GenericSchema, Item, Up extends GenericSchema>(
  input: In,
  item: Type<Item>,
  up: Up,
): Stream<In, Item, Up>;
export function stream(input: GenericSchema, _item: unknown, up?: GenericSchema) {
  return { kind: 'stream', input, up } as never;
}

type UpIn<Up> = Up extends GenericSchema ? InferInput<Up> : never;
type UpOut<Up> = Up extends GenericSchema ? InferOutput<Up> : never;

/** Where a handler puts its items. */
export interface Sink<Item> {
  /** Resolves when the reader has credit for the next item: awaiting it is what keeps a slow reader from being outrun. */
  push(item: Item): Promise<void>;
  /** True while an item can be pushed without waiting: for producers that coalesce instead of queueing. */
  readonly ready: boolean;
  /** Aborted when the reader cancels or the port closes. */
  readonly signal: AbortSignal;
}

/** The caller's end of a stream. Iterating it grants credit; leaving the loop cancels. */
export interface Channel<Item, Up> extends AsyncIterable<Item> {
  /** Resolves when the other side has credit for the next message. Rejects once the stream has ended. */
  send(message: Up): Promise<void>;
  /** No more upward messages. Items still come. */
  end(): void;
  /** Ends the stream from this side. */
  cancel(): void;
}

export type Client<C extends Contract> = {
  readonly [A in keyof C]: {
    readonly [E in keyof C[A]]: C[A][E] extends Call<infer In, infer Out>
      ? (input: InferInput<In>, signal?: AbortSignal) => Promise<Out>
      : C[A][E] extends Stream<infer In, infer Item, infer Up>
        ? (input: InferInput<In>, signal?: AbortSignal) => Channel<Item, UpIn<Up>>
        : never;
  };
};

export type Handlers<C extends Contract> = {
  readonly [A in keyof C]: {
    readonly [E in keyof C[A]]: C[A][E] extends Call<infer In, infer Out>
      ? (input: InferOutput<In>, signal: AbortSignal) => Promise<Out>
      : C[A][E] extends Stream<infer In, infer Item, infer Up>
        ? (input: InferOutput<In>, sink: Sink<Item>, up: AsyncIterable<UpOut<Up>>) => Promise<void>
        : never;
  };
};
