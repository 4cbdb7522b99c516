import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { plural } from '../../format.ts';
import { openDialog } from '../../stores/dialogs.ts';

/** What the status bar has no room for, whole. */
export function NoticesDialog({
  notices,
  unsealed,
  onClose,
}: {
  notices: readonly string[];
  /** Secrets are kept nowhere: a passphrase would change that. */
  unsealed: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={plural(notices.length, 'notice')}
      onClose={onClose}
      actions={
        <>
          {unsealed ? (
            <Button
              onClick={() => {
                onClose();
                openDialog({ kind: 'create-vault' });
              }}
            >
              Set a passphrase…
            </Button>
          ) : null}
          <Button kind="primary" onClick={onClose}>
            Close
          </Button>
        </>
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
