/**
 * What a remote program prints, before it reaches the terminal: characters, line ends, tabs, backspaces and colours. Everything else a terminal
 * obeys (title, clipboard and links by OSC, DCS, reports about the device, other screens, mouse, cursor moves) does nothing: no screen is on
 * the other side that could have a use for it, and a hostile target must not be able to type, hide or copy anything here.
 */
export interface OutputFilter {
  /** Sequences may end in the middle of a piece; what they leave open waits for the next one. */
  take(text: string): string;
}

/** Longer than any colour; a sequence that does not end by then is none. */
const mostSequence = 256;
/** Until one of these a string of OSC, DCS, SOS, PM or APC lasts. A line end is no part of one that means well. */
const stringEnd = /[\u0007\u0018\u001a\u009c\n]|\u001b\\/;
const startOfControl = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

export function createOutputFilter(): OutputFilter {
  let held = '';
  /** Inside a string whose end has not come yet; nothing of it is kept. */
  let inString = false;

  function take(text: string): string {
    let rest = held + text;
    held = '';
    let out = '';
    for (;;) {
      if (inString) {
        const end = stringEnd.exec(rest);
        if (end === null) {
          // ESC may be the first half of its end.
          held = rest.endsWith('\u001b') ? '\u001b' : '';
          return out;
        }
        inString = false;
        rest = rest.slice(end[0] === '\n' ? end.index : end.index + end[0].length);
        continue;
      }
      const at = rest.search(startOfControl);
      if (at < 0) return out + rest;
      out += rest.slice(0, at);
      rest = rest.slice(at);
      const step = control(rest);
      if (step === null) {
        if (rest.length > mostSequence) {
          rest = rest.slice(1);
          continue;
        }
        held = rest;
        return out;
      }
      out += step.shown;
      inString = step.beginsString;
      rest = rest.slice(step.length);
    }
  }
  return { take };
}

interface Step {
  readonly length: number;
  readonly shown: string;
  readonly beginsString: boolean;
}

const nothing = (length: number): Step => ({ length, shown: '', beginsString: false });
const aString = (length: number): Step => ({ length, shown: '', beginsString: true });

/** The control that stands first; null where its end is still to come. */
function control(text: string): Step | null {
  const first = text[0]!;
  if (first === '\r' || first === '\b') return { length: 1, shown: first, beginsString: false };
  // `cls`: the screen goes up into the scroll-back.
  if (first === '\f') return { length: 1, shown: '\u001b[2J\u001b[H', beginsString: false };
  if (first === '\u009b') return sequence(text, 1);
  if ('\u0090\u0098\u009d\u009e\u009f'.includes(first)) return aString(1);
  if (first !== '\u001b') return nothing(1);
  const second = text[1];
  if (second === undefined) return null;
  if (second === '[') return sequence(text, 2);
  if (']PX^_'.includes(second)) return aString(2);
  // With intermediates, such as the choice of a character set.
  const other = /^\u001b[ -/]*(?:[0-~]|[^ -~])/.exec(text);
  if (other === null) return null;
  return nothing(/[ -~]$/.test(other[0]) ? other[0].length : other[0].length - 1);
}

/** A control sequence (ECMA-48 5.4) behind its introducer. */
function sequence(text: string, from: number): Step | null {
  let at = from;
  while (at < text.length && text[at]! >= ' ' && text[at]! <= '?') at++;
  if (at === text.length) return null;
  const final = text[at]!;
  // Another control in the middle of it: the sequence is broken off there.
  if (final < '@' || final > '~') return nothing(at);
  if (final !== 'm') return nothing(at + 1);
  const parameters = text.slice(from, at);
  if (!/^[\d;:]*$/.test(parameters)) return nothing(at + 1);
  const shown = withoutTricks(parameters.split(';'));
  if (shown.length === 0) return nothing(at + 1);
  return { length: at + 1, shown: `\u001b[${shown.join(';')}m`, beginsString: false };
}

/** Without 8, which hides what is printed, and 5 and 6, which blink; the numbers behind 38 and 48 are a colour's. */
function withoutTricks(parameters: readonly string[]): string[] {
  const kept: string[] = [];
  for (let n = 0; n < parameters.length; n++) {
    const one = parameters[n]!;
    if (one === '38' || one === '48') {
      const last = n + (parameters[n + 1] === '5' ? 2 : parameters[n + 1] === '2' ? 4 : 0);
      kept.push(...parameters.slice(n, last + 1));
      n = last;
    } else if (!/^0*[568]$/.test(one)) kept.push(one);
  }
  return kept;
}
