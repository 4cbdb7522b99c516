import type { PowerProgress } from '../../../shared/contract/power.ts';
import type { GlyphName } from '../../components/Glyph.tsx';
import { formatDate, formatDuration } from '../../format.ts';
import type { PowerActionName, PowerRun } from '../../stores/power.ts';

export interface PowerLook {
  readonly glyph: GlyphName;
  readonly words: string;
  /** What to do, for the ends that are no success. */
  readonly advice: string | null;
  readonly tint: 'info' | 'warn' | 'crit';
  /** Neither moving nor waiting any more. */
  readonly ended: boolean;
}

/** What happens now. Where the console has more to say than the phase, its words are used. */
function movingWords({ phase, words }: PowerProgress): string {
  switch (phase) {
    case 'going-down':
      return 'Going down; it still answers with the old boot time';
    case 'down':
      return 'Down; waiting for it to answer';
    case 'back':
      return 'Answers again with a new boot time';
    case 'settling':
      return `Back; ${words || 'services are starting'}`;
    default:
      return capital(words || 'asked');
  }
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** A run in words, wherever it stands. */
export function powerLook(run: PowerRun): PowerLook {
  const { progress, problem, action } = run;
  if (problem) {
    const unknown = problem.code === 'outcome-unknown' || problem.code === 'disconnected';
    return {
      glyph: unknown ? 'warning' : 'critical',
      words: problem.operation ? `${problem.operation.returnValue}: ${problem.operation.meaning}` : problem.message,
      advice: problem.advice[0] ?? null,
      tint: unknown ? 'warn' : 'crit',
      ended: true,
    };
  }
  if (run.stage === 'queued') return moving('Waiting for its turn');
  if (!progress) return moving(action === 'restart' ? 'Asking it to restart' : 'Asking it to shut down');
  switch (progress.phase) {
    case 'done':
      return { glyph: 'healthy', words: doneWords(action, progress), advice: null, tint: 'info', ended: true };
    case 'did-not-go-down':
      return {
        glyph: 'critical',
        words: `Did not go down within ${formatDuration(progress.limitMs)}`,
        advice:
          'It took the request but still runs. A program or a signed-in user may hold it up: look at who is signed in, then try again with force.',
        tint: 'crit',
        ended: true,
      };
    case 'did-not-come-back':
      return {
        glyph: 'critical',
        words: `Did not come back within ${formatDuration(progress.limitMs)}`,
        advice:
          'It went down and has not answered since. Updates can take longer: look at its own console or its virtual machine. Windeck goes on trying and shows it as soon as it answers.',
        tint: 'crit',
        ended: true,
      };
    default:
      return moving(movingWords(progress));
  }
}

const moving = (words: string): PowerLook => ({ glyph: 'pending', words, advice: null, tint: 'info', ended: false });

function doneWords(action: PowerActionName, { bootBeforeAt, bootAfterAt, elapsedMs, words }: PowerProgress): string {
  if (action === 'shut-down') return `Shut down after ${formatDuration(elapsedMs)}; it no longer answers`;
  const services = words.replace(/^back[,;]?\s*/i, '');
  const boots =
    bootAfterAt === null ? '' : `booted ${formatDate(bootAfterAt)}, before that ${formatDate(bootBeforeAt)}`;
  return [`Back after ${formatDuration(elapsedMs)}`, services, boots].filter(Boolean).map(capital).join('. ');
}

export const powerVerb: Readonly<Record<PowerActionName, string>> = { restart: 'Restart', 'shut-down': 'Shut down' };

/** `Restart HQ-FS03`, `Shut down 3 machines`. */
export const powerTitle = (action: PowerActionName, names: readonly string[]): string =>
  `${powerVerb[action]} ${names.length === 1 ? names[0] : `${names.length} machines`}`;
