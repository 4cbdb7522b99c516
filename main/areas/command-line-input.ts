/** What comes up to a line while it runs: answers to its questions, its standard input, Ctrl+C. */
import type { LineEvent, LineInput } from '../../shared/contract/command-lines.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import type { Interruption } from '../winrm-command/winrs-run.ts';
import { CancelledError } from '../wsman/index.ts';
import { createBell } from './pump.ts';

export interface LineDesk {
  /** Null: no answer. Rejects with CancelledError when the line ends meanwhile. */
  ask(question: string, hidden: boolean): Promise<string | null>;
  /** For many machines: every question once, and only for passwords. */
  askOnce(question: string, hidden: boolean): Promise<string | null>;
  confirm(question: string): Promise<boolean>;
  standardInput(): AsyncIterable<Uint8Array>;
  onInterrupt(handler: (kind: Interruption) => void): () => void;
  close(): void;
}

/** Typed ahead, in characters: a command that reads nothing must not fill the memory. */
const maxTypedAhead = 1_000_000;

export function createLineInput(
  sink: Sink<LineEvent>,
  up: AsyncIterable<LineInput>,
  cancellation: AbortController,
): LineDesk {
  const questions = new Map<number, (text: string | null) => void>();
  const asked = new Map<string, Promise<string | null>>();
  const interrupts: ((kind: Interruption) => void)[] = [];
  const typed: string[] = [];
  const bell = createBell();
  let typedLength = 0;
  let isEnded = false;
  let lastQuestion = 0;

  function take(message: LineInput): void {
    switch (message.kind) {
      case 'answer':
        questions.get(message.question)?.(message.text);
        return;
      case 'input':
        if (isEnded) return;
        typedLength += message.text.length;
        if (typedLength > maxTypedAhead) cancellation.abort();
        typed.push(message.text);
        bell.ring();
        return;
      case 'end-of-input':
        isEnded = true;
        bell.ring();
        return;
      case 'interrupt': {
        const handler = interrupts.at(-1);
        if (handler === undefined || questions.size > 0) cancellation.abort();
        else handler('ctrl_c');
      }
    }
  }

  // Ends with the stream: then the sink's signal has cancelled the line already.
  void (async () => {
    for await (const message of up) take(message);
  })().catch(() => {});

  async function ask(text: string, form: 'shown' | 'hidden' | 'confirm'): Promise<string | null> {
    const { signal } = cancellation;
    if (signal.aborted) throw new CancelledError('Cancelled before the question.');
    const question = ++lastQuestion;
    const answer = Promise.withResolvers<string | null>();
    const cancel = () => answer.reject(new CancelledError('Cancelled at the question.'));
    questions.set(question, answer.resolve);
    signal.addEventListener('abort', cancel, { once: true });
    // Awaited together: the answer may be given up while the question waits for credit.
    const asking = sink.push({ kind: 'question', question, text: text.trim(), form });
    try {
      return (await Promise.all([answer.promise, asking]))[0];
    } finally {
      questions.delete(question);
      signal.removeEventListener('abort', cancel);
    }
  }

  async function* standardInput(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const text = typed.shift();
      if (text !== undefined) {
        typedLength -= text.length;
        yield new TextEncoder().encode(text);
      } else if (isEnded) return;
      else await bell.wait(cancellation.signal);
    }
  }

  return {
    ask: (question, hidden) => ask(question, hidden ? 'hidden' : 'shown'),
    async askOnce(question, hidden) {
      if (!hidden) return null;
      const before = asked.get(question) ?? ask(question, 'hidden');
      asked.set(question, before);
      return before;
    },
    async confirm(question) {
      return (await ask(question, 'confirm')) === 'y';
    },
    standardInput,
    onInterrupt(handler) {
      interrupts.push(handler);
      return () => {
        const at = interrupts.indexOf(handler);
        if (at >= 0) interrupts.splice(at, 1);
      };
    },
    close() {
      for (const answer of questions.values()) answer(null);
      asked.clear();
      typed.length = 0;
    },
  };
}
