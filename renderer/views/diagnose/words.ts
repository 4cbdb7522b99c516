import type { DiagnosisCause, DiagnosisState, SecondOpinionVerdict, View } from '../../../shared/contract/diagnose.ts';
import type { SignIn } from '../../../shared/contract/machines.ts';
import type { GlyphName } from '../../components/Glyph.tsx';

export const stepLooks: Readonly<Record<DiagnosisState, { readonly glyph: GlyphName; readonly word: string }>> = {
  running: { glyph: 'pending', word: 'Running' },
  passed: { glyph: 'healthy', word: 'Passed' },
  failed: { glyph: 'critical', word: 'Failed' },
  skipped: { glyph: 'skipped', word: 'Skipped' },
};

export const outcomeLooks: Readonly<
  Record<
    DiagnosisCause['outcome'],
    { readonly tint: 'ok' | 'warn' | 'crit'; readonly glyph: GlyphName; readonly word: string }
  >
> = {
  works: { tint: 'ok', glyph: 'healthy', word: 'Works' },
  partly: { tint: 'warn', glyph: 'warning', word: 'Works in part' },
  fails: { tint: 'crit', glyph: 'critical', word: 'Fails' },
};

export const signInWords: Readonly<Record<SignIn, string>> = {
  negotiate: 'Negotiate',
  kerberos: 'Kerberos only',
  ntlm: 'NTLM',
  basic: 'Basic',
  certificate: 'client certificate',
  digest: 'Digest',
};

/** How far somebody gets, in a few words. */
export const viewWords: Readonly<Record<View['winrm'], { readonly glyph: GlyphName; readonly words: string }>> = {
  answers: { glyph: 'healthy', words: 'WinRM answers' },
  refused: { glyph: 'critical', words: 'the port refuses' },
  silent: { glyph: 'unreachable', words: 'no answer on the port' },
  'no-route': { glyph: 'unreachable', words: 'no route to it' },
  'name-unknown': { glyph: 'warning', words: 'the name is not known' },
  'not-known': { glyph: 'skipped', words: 'could not be told' },
};

/** Whether somebody has to act on a second opinion. */
export const opinionTint = (id: SecondOpinionVerdict['id']): 'ok' | 'warn' | 'crit' =>
  id === 'reachable' ? 'ok' : id === 'none' || id === 'partial' ? 'warn' : 'crit';

/** A name for the file that is saved: the machine and the moment, nothing that a file system refuses. */
export const reportName = (machine: string, at: number): string =>
  `diagnosis-${machine.replace(/[^\w.-]+/g, '-').slice(0, 60)}-${new Date(at).toISOString().slice(0, 16).replace(/[:T]/g, '-')}.md`;
