/** How long nothing has come: after a moment somebody may be waiting for an answer, after a while something may hang. */
export interface Quiet {
  begin(): void;
  /** Something came, or was said: counts anew. Does nothing when it has ended. */
  touch(): void;
  end(): void;
}

/** Between two pieces of one output there may be this much; a question stays longer. */
const shortMs = 600;
const longMs = 10_000;

export function createQuiet({ onShort, onLong }: { readonly onShort: () => void; readonly onLong: () => void }): Quiet {
  let isOn = false;
  let short: NodeJS.Timeout | undefined;
  let long: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(short);
    clearTimeout(long);
    short = undefined;
    long = undefined;
  };
  const start = (): void => {
    // A flood touches it at every piece: a timer that runs already is only set back.
    if (short === undefined) short = setTimeout(() => onShort(), shortMs);
    else short.refresh();
    if (long === undefined) long = setTimeout(() => onLong(), longMs);
    else long.refresh();
  };
  return {
    begin() {
      isOn = true;
      start();
    },
    touch() {
      if (isOn) start();
    },
    end() {
      isOn = false;
      stop();
    },
  };
}
