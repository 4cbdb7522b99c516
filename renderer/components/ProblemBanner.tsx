import type { ReactNode } from 'react';
import type { Problem, ProblemCode } from '../../shared/contract/problem.ts';
import { Glyph, type GlyphName } from './Glyph.tsx';

interface Look {
  readonly tint: 'crit' | 'warn' | 'info';
  readonly glyph: GlyphName;
  /** Why, in general words; used where the console sent no advice of its own. */
  readonly why: string;
}

/** How each problem is shown. Exhaustive: a new code does not compile until it has a look. */
export function problemLook(code: ProblemCode): Look {
  switch (code) {
    case 'invalid-input':
      return { tint: 'warn', glyph: 'warning', why: 'Correct what was entered and try again.' };
    case 'not-found':
      return { tint: 'warn', glyph: 'warning', why: 'It may have been removed or renamed since the list was read.' };
    case 'access-denied':
      return {
        tint: 'crit',
        glyph: 'denied',
        why: 'The account was accepted but may not do this. Use one with administrative rights there.',
      };
    case 'authentication-failed':
      return { tint: 'crit', glyph: 'denied', why: 'Check the user name and the password.' };
    case 'certificate-untrusted':
      return { tint: 'crit', glyph: 'critical', why: 'Nothing was sent. Compare the certificate before you trust it.' };
    case 'unreachable':
      return {
        tint: 'crit',
        glyph: 'unreachable',
        why: 'Check that it is switched on and that WinRM listens on this port.',
      };
    case 'timeout':
      return { tint: 'warn', glyph: 'warning', why: 'The machine may be very busy. Try again.' };
    case 'quota-exceeded':
      return { tint: 'warn', glyph: 'warning', why: 'WinRM on the machine refuses more work at the moment.' };
    case 'not-supported':
      return { tint: 'warn', glyph: 'skipped', why: 'This machine does not offer it.' };
    case 'operation-failed':
      return { tint: 'crit', glyph: 'critical', why: 'The machine was asked and said no.' };
    case 'disconnected':
      return { tint: 'warn', glyph: 'unreachable', why: 'What is shown is the last known state.' };
    case 'cancelled':
      return { tint: 'info', glyph: 'stopped', why: 'Nothing more was done.' };
    case 'outcome-unknown':
      return {
        tint: 'warn',
        glyph: 'warning',
        why: 'The answer was lost: it may or may not have happened. Look before you repeat it.',
      };
    case 'protocol-error':
      return { tint: 'crit', glyph: 'critical', why: 'The answer was not what WS-Management requires.' };
    case 'internal-error':
      return { tint: 'crit', glyph: 'critical', why: 'This is a mistake in Windeck.' };
  }
}

/** The short technical code: what one would search the web for. */
export function technicalCode(problem: Problem): string | undefined {
  if (problem.technical !== undefined) return problem.technical;
  if (problem.operation) return `${problem.operation.method} ${problem.operation.returnValue}`;
  const code = problem.fault?.wsmanCode;
  if (code !== undefined && code !== null)
    return problem.fault?.wsmanCodeName ?? `0x${(code >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;
  return problem.fault && problem.fault.httpStatus !== 200 ? `HTTP ${problem.fault.httpStatus}` : undefined;
}

/** For the corner; none where what was seen says it anyhow. */
export function cornerCode(problem: Problem): string | undefined {
  const code = technicalCode(problem);
  return code !== undefined && problem.evidence?.some((line) => line.includes(code)) ? undefined : code;
}

/** What happened and where, why, what to do, and the code for those who search for it. Text from a machine is shown as text only. */
export function ProblemBanner({ problem, actions }: { problem: Problem; actions?: ReactNode }) {
  const look = problemLook(problem.code);
  const technical = cornerCode(problem);
  const said = problem.fault?.message ?? problem.fault?.reason ?? null;
  return (
    <div className={`banner ${look.tint}`} role="alert" data-problem={problem.code}>
      <Glyph name={look.glyph} size={13} label="" />
      <div className="banner-body">
        <b>{problem.message}</b>{' '}
        {problem.operation ? (
          <span>
            {problem.operation.returnValue}: {problem.operation.meaning}{' '}
          </span>
        ) : null}
        {problem.advice.length === 0 ? look.why : problem.advice.length === 1 ? problem.advice[0] : null}
        {problem.advice.length > 1 ? (
          <ul>
            {problem.advice.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        ) : null}
        <Evidence lines={problem.evidence} />
        {said !== null && !problem.message.includes(said) ? <div className="t3">The machine said: {said}</div> : null}
        {actions === undefined || actions === null ? null : <div className="banner-actions">{actions}</div>}
      </div>
      {technical === undefined ? null : <span className="mono">{technical}</span>}
    </div>
  );
}

/** What was seen, line by line: for those who look into it. */
export function Evidence({ lines }: { lines: readonly string[] | undefined }) {
  if (lines === undefined || lines.length === 0) return null;
  return (
    <ul className="evidence" aria-label="What was seen">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

/** The same form for what is no problem of a machine: a hint, a caution before a step. */
export function Banner({
  tint,
  glyph,
  children,
  actions,
}: {
  tint: 'crit' | 'warn' | 'info';
  glyph?: GlyphName;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={`banner ${tint}`}>
      {glyph === undefined ? null : <Glyph name={glyph} size={13} label="" />}
      <div className="banner-body">
        {children}
        {actions === undefined || actions === null ? null : <div className="banner-actions">{actions}</div>}
      </div>
    </div>
  );
}
