import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { Button } from './Button.tsx';
import { useCopy } from './use-copy.ts';

/** The view as the command line that asks the same. It must be true: run as it stands, it shows what is on the screen. */
export function CodeLine({ command }: { command: string }) {
  return (
    <div className="code-line">
      <code className="mono ell" title={command}>
        {command}
      </code>
      <CopyButton text={command} label="Copy" />
    </div>
  );
}

export function CopyButton({ text, label, kind = 'ghost' }: { text: string; label: string; kind?: 'ghost' | 'plain' }) {
  const { said, copy } = useCopy(text);
  return (
    <Button kind={kind} icon={said === 'Copied' ? <CheckmarkRegular /> : <CopyRegular />} onClick={copy}>
      <span aria-live="polite">{said === '' ? label : said}</span>
    </Button>
  );
}

/** The same question in several languages; one is shown. */
export function CodeLines({ lines }: { lines: readonly { readonly name: string; readonly command: string }[] }) {
  const [chosen, choose] = useState(lines[0]?.name);
  const line = lines.find(({ name }) => name === chosen) ?? lines[0];
  if (line === undefined) return null;
  return (
    <div className="code-line">
      {/* biome-ignore lint/a11y/useSemanticElements: a row of switches, no form */}
      <div className="code-languages" role="group" aria-label="Language of the line">
        {lines.map(({ name }) => (
          <button key={name} type="button" aria-pressed={name === line.name} onClick={() => choose(name)}>
            {name}
          </button>
        ))}
      </div>
      <code className="mono ell" title={line.command}>
        {line.command}
      </code>
      <CopyButton text={line.command} label="Copy" />
    </div>
  );
}
