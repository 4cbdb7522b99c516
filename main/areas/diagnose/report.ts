/** A diagnosis as Markdown, for a ticket or a mail. What a target said is data: it can neither break the document nor put a link into it. */
import {
  type Diagnosis,
  diagnosisStepTitles,
  type Fix,
  type PossibleCause,
} from '../../../shared/contract/diagnose.ts';

export function diagnosisMarkdown({
  subject,
  startedAt,
  milliseconds,
  steps,
  cause,
}: Omit<Diagnosis, 'markdown'>): string {
  const { name, address, port, transport, signIn, who, other } = subject;
  const facts = [
    [
      'Machine',
      code(name === address ? `${transport}://${address}:${port}` : `${name} (${transport}://${address}:${port})`),
    ],
    ['Sign-in', `${prose(signIn)}, ${code(who)}`],
    ...(other === null ? [] : [['Way back to', code(other)] as const]),
    ['When', `${new Date(startedAt).toISOString()}, ${milliseconds} ms`],
  ] as const;
  const lines = [
    `# Diagnosis of ${prose(name)}`,
    '',
    ...facts.map(([label, value]) => `- ${label}: ${value}`),
    '',
    `**${prose(cause.sentence)}**`,
    ...(cause.detail === '' ? [] : ['', prose(cause.detail)]),
    '',
    `Cause: ${code(cause.id)}`,
    ...candidateLines(cause.candidates),
    ...fixLines(cause.fixes),
    '',
    '## Steps',
    '',
    ...steps.flatMap((step) => [
      `- **${diagnosisStepTitles[step.step]}**: ${step.state}, ${step.milliseconds} ms. ${prose(step.meaning)}`,
      ...step.evidence.map((line) => `  - ${code(line)}`),
    ]),
    '',
  ];
  return lines.join('\n');
}

export function candidateLines(candidates: readonly PossibleCause[]): readonly string[] {
  if (candidates.length === 0) return [];
  return [
    '',
    '## One of these, which look alike from here',
    '',
    ...candidates.map(({ what, check }) => `- ${prose(what)}. Check: ${fixText(check)}`),
  ];
}

export function fixLines(fixes: readonly Fix[]): readonly string[] {
  if (fixes.length === 0) return [];
  return ['', '## What to do', '', ...fixes.map((fix, i) => `${i + 1}. ${fixText(fix)}`)];
}

const fixText = ({ text, command }: Fix): string =>
  command === null ? prose(text) : `${prose(text)} ${code(command)}`;

/** One line without control characters, nor those that turn the direction of text. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** As a code span, in which nothing is markup; its fence is longer than any run of backticks inside (CommonMark 6.1). */
export function code(text: string): string {
  const line = oneLine(text);
  if (line === '') return '` `';
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/**
 * As text: everything that could be markup is escaped, and words that a reader may turn into a link by itself (`http://…`, `www.…`,
 * `somebody@…`) become code.
 */
export function prose(text: string): string {
  return oneLine(text)
    .split(' ')
    .map((word) =>
      /:\/\/|www\.|@|^mailto:|^xmpp:/i.test(word)
        ? code(word)
        : word.replace(/[\\`*_{}[\]<>()#+\-.!|~&"'=$^:]/g, escapeUnlessPlain),
    )
    .join(' ');
}

/** Marks that mean something only in a place where none of our words puts them stay readable. */
function escapeUnlessPlain(mark: string, at: number, word: string): string {
  const plain = at > 0 && '.,:\'-!"()='.includes(mark) && /[\p{L}\p{N})]/u.test(word[at - 1]!);
  return plain ? mark : `\\${mark}`;
}
