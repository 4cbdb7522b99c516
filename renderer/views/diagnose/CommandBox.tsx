import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons';
import { IconButton } from '../../components/Button.tsx';
import { useCopy } from '../../components/use-copy.ts';

/** A command to copy, whole: it wraps instead of being cut off. */
export function CommandBox({ command }: { command: string }) {
  const { said, copy } = useCopy(command);
  return (
    <div className="command-box">
      <code className="mono">{command}</code>
      <span className="command-said s11" aria-live="polite">
        {said}
      </span>
      <IconButton
        name={`Copy ${command}`}
        icon={said === 'Copied' ? <CheckmarkRegular /> : <CopyRegular />}
        onClick={copy}
      />
    </div>
  );
}
