import type { ShellEvent, ShellQuestion } from '../../../shared/contract/remote-shell.ts';

/** What a script asks and the window answers. One at a time: a script waits for its answer. */
export interface Questions {
  /** Resolves with the answers; null where nobody answers, or the script was stopped. */
  ask(title: string, message: string, question: ShellQuestion, signal: AbortSignal): Promise<readonly string[] | null>;
  answer(question: number, answers: readonly string[] | null): void;
  /** A line typed in the terminal answers a question for a plain line. False where there is none. */
  answerLine(line: string): boolean;
  cancel(): void;
}

export function createQuestions(tell: (event: ShellEvent) => Promise<void>): Questions {
  let last = 0;
  let open: {
    readonly id: number;
    readonly takesLine: boolean;
    settle(answers: readonly string[] | null): void;
  } | null = null;
  return {
    ask(title, message, question, signal) {
      open?.settle(null);
      const id = ++last;
      return new Promise((resolve) => {
        const stop = (): void => settle(null);
        const settle = (answers: readonly string[] | null): void => {
          if (open?.id !== id) return;
          open = null;
          signal.removeEventListener('abort', stop);
          void tell({ kind: 'question-over', question: id });
          resolve(answers);
        };
        const takesLine = question.form === 'fields' && question.fields.length === 1 && !question.fields[0]!.isSecret;
        open = { id, takesLine, settle };
        if (signal.aborted) return settle(null);
        signal.addEventListener('abort', stop, { once: true });
        void tell({ kind: 'question', question: id, title, message, ...question });
      });
    },
    answer(question, answers) {
      if (open?.id === question) open.settle(answers);
    },
    answerLine(line) {
      if (open?.takesLine !== true) return false;
      open.settle([line]);
      return true;
    },
    cancel: () => open?.settle(null),
  };
}
