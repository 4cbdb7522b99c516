import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { plural } from '../../format.ts';
import { maskSecrets } from '../../stores/console-secrets.ts';

/** Several lines were pasted: nothing of it runs unasked. */
export function PasteDialog({
  lines,
  prompt,
  onRun,
  onFirst,
  onClose,
}: {
  lines: readonly string[];
  prompt: string;
  onRun: () => void;
  /** Only the first one, into the prompt. */
  onFirst: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={`Run ${plural(lines.length, 'line')}?`}
      width={640}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button onClick={onFirst}>Only put the first into the prompt</Button>
          <Button kind="primary" onClick={onRun}>
            Run {plural(lines.length, 'line')}
          </Button>
        </>
      }
    >
      <p>One after another, until one fails. Lines without -r go to {prompt}.</p>
      <pre className="console-paste mono">{lines.map(maskSecrets).join('\n')}</pre>
    </Dialog>
  );
}
