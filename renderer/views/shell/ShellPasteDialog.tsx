import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { plural } from '../../format.ts';
import { liveShell, type ShellTab } from '../../stores/shells.ts';

/** Several lines were pasted: nothing of it runs unasked. */
export function PasteDialog({
  lines,
  tab,
  machineName,
}: {
  lines: readonly string[];
  tab: ShellTab;
  machineName: string;
}) {
  const shell = liveShell(tab.id);
  const count = plural(lines.length, 'line');
  return (
    <Dialog
      title={`Run ${count} on ${machineName}?`}
      width={640}
      onClose={() => shell?.endPaste(false)}
      actions={
        <>
          <Button onClick={() => shell?.endPaste(false)}>Cancel</Button>
          <Button onClick={() => shell?.endPaste(true)}>Only put the first into the line</Button>
          <Button kind="primary" onClick={() => shell?.runPaste()}>
            Run {count}
          </Button>
        </>
      }
    >
      <p>One after another, each when the one before is done. Ctrl+C ends what runs and drops the rest.</p>
      <pre className="console-paste mono">{lines.join('\n')}</pre>
    </Dialog>
  );
}
