import type { Fix, PossibleCause } from '../../../shared/contract/diagnose.ts';
import { CommandBox } from './CommandBox.tsx';

/** What to do, in order; what is a command is there to be copied. */
export function Fixes({ fixes }: { fixes: readonly Fix[] }) {
  return (
    <ol className="fixes">
      {fixes.map((fix) => (
        <li key={`${fix.text} ${fix.command}`}>
          <Remedy fix={fix} />
        </li>
      ))}
    </ol>
  );
}

/** Causes that look alike from here: each with the check that tells it from the others. */
export function Candidates({ candidates }: { candidates: readonly PossibleCause[] }) {
  return (
    <ul className="candidates">
      {candidates.map(({ what, check }) => (
        <li key={what}>
          <b>{capital(what)}</b>
          <Remedy fix={check} />
        </li>
      ))}
    </ul>
  );
}

function Remedy({ fix: { text, command } }: { fix: Fix }) {
  return (
    <>
      <p className="t2">{text}</p>
      {command === null ? null : <CommandBox command={command} />}
    </>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
