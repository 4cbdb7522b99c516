/** The switches of winrs: its own, and which of winrm's it does not have. */
import { switchRules } from './switches.ts';

export interface WinrsSwitchRule {
  readonly name:
    | 'directory'
    | 'environment'
    | 'noEcho'
    | 'noProfile'
    | 'allowDelegate'
    | 'compression'
    | 'timeout'
    | 'codePage'
    | 'help';
  /** Lower case. */
  readonly spellings: readonly string[];
  readonly value: 'required' | 'none';
  /** A few words, for completion; null where there is nothing to gain by it. */
  readonly note: string | null;
}

export const winrsSwitchRules: readonly WinrsSwitchRule[] = [
  { name: 'directory', spellings: ['d', 'directory'], value: 'required', note: 'where the command starts' },
  { name: 'environment', spellings: ['env', 'environment'], value: 'required', note: 'a variable: NAME=VALUE' },
  { name: 'noEcho', spellings: ['noe', 'noecho'], value: 'none', note: 'what is typed is not shown' },
  { name: 'noProfile', spellings: ['nop', 'noprofile'], value: 'none', note: 'do not load the profile' },
  { name: 'allowDelegate', spellings: ['ad', 'allowdelegate'], value: 'none', note: 'the ticket may be used onward' },
  { name: 'codePage', spellings: ['codepage'], value: 'required', note: 'of output and of what is typed' },
  { name: 'compression', spellings: ['comp', 'compression'], value: 'none', note: null },
  { name: 'timeout', spellings: ['t', 'timeout'], value: 'required', note: null },
  { name: 'help', spellings: ['?', 'help'], value: 'none', note: 'help on winrs' },
];

/** Spellings of winrm that winrs refuses: what is about one operation, its result, or how requests are written, not about the connection. */
export const refusedSpellings: ReadonlySet<string> = new Set(
  switchRules
    .filter(({ name, verbs }) => verbs !== undefined || name === 'format' || name === 'encoding')
    .flatMap(({ spellings }) => spellings),
);
