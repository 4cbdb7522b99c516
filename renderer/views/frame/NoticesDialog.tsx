import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { plural } from '../../format.ts';

/** What the status bar has no room for, whole. */
export function NoticesDialog({ notices, onClose }: { notices: readonly string[]; onClose: () => void }) {
  return (
    <Dialog
      title={plural(notices.length, 'notice')}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      {notices.map((notice) => (
        <p key={notice} className="notice-text">
          {notice}
        </p>
      ))}
    </Dialog>
  );
}
