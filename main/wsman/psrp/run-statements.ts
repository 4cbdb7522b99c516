/** What is to be run, and how its output comes: as objects, or as PowerShell on the target prints them. */
import { type PsStatement, psCommand } from './pipeline-messages.ts';

/**
 * `objects`: as they are. Text is made of objects by PowerShell on the target only, so whoever wants text asks for it there:
 * `console` ends each statement in Out-Default, which hands text and errors to the host (HostOutput), as a prompt does;
 * `text` ends it in Out-String -Stream, which makes one string of each line, `width` characters wide.
 */
export type OutputFormat = 'objects' | 'console' | { readonly text: { readonly width?: number } };

/** A string is a script; commands are one statement; a list of lists is one statement after the other. */
export function statementsOf(
  what: string | PsStatement | readonly PsStatement[],
  format: OutputFormat,
): readonly PsStatement[] {
  const statements = typeof what === 'string' ? [[psCommand(what, { isScript: true })]] : asStatements(what);
  if (format === 'objects') return statements;
  const last =
    format === 'console'
      ? psCommand('Out-Default', { useLocalScope: true, mergePrevious: true })
      : psCommand('Out-String', {
          parameters: [
            { name: 'Stream', value: true },
            ...(format.text.width === undefined ? [] : [{ name: 'Width', value: format.text.width }]),
          ],
        });
  return statements.map((statement) => [...statement, last]);
}

function asStatements(what: PsStatement | readonly PsStatement[]): readonly PsStatement[] {
  return what.length > 0 && Array.isArray(what[0]) ? (what as readonly PsStatement[]) : [what as PsStatement];
}
