import {
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Dialog as FluentDialog,
} from '@fluentui/react-components';
import { type ReactNode, useEffect, useRef } from 'react';

/**
 * A modal dialog. Esc and a click beside it close it unless `busy`; the focus goes back to where it was.
 * The focus begins at what has `data-autofocus`, else at the first control.
 * `alert` is for confirmations: only its buttons and Esc answer it.
 */
export function Dialog({
  title,
  children,
  actions,
  note,
  onClose,
  width = 480,
  alert = false,
  busy = false,
}: {
  title: ReactNode;
  children?: ReactNode;
  actions: ReactNode;
  /** Beside the buttons, at the left. */
  note?: ReactNode;
  onClose: () => void;
  width?: number;
  alert?: boolean;
  busy?: boolean;
}) {
  // Mounted only while open: Fluent would otherwise have a trigger to give the focus back to.
  const opener = useRef<Element | null>(null);
  // Fluent's type for the ref of its surface fits no element: hence the cast below.
  const surface = useRef<HTMLElement>(null);
  useEffect(() => {
    // Fluent has given the focus to what comes first; where the form begins elsewhere, that says so.
    surface.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      const back = opener.current;
      requestAnimationFrame(() => {
        // What opened it may have gone with what was done; then the room takes the focus.
        const place = back instanceof HTMLElement && back.isConnected ? back : document.querySelector('main');
        if (place !== null) focusIfLost(place);
      });
    };
  }, []);
  opener.current ??= document.activeElement;
  // A button that goes, or is disabled, while the work lasts loses the focus to nowhere, and Esc with it: the dialog takes it back.
  const wasBusy = useRef(false);
  useEffect(() => {
    if (wasBusy.current !== busy && surface.current !== null) focusIfLost(surface.current);
    wasBusy.current = busy;
  }, [busy]);
  // What had the focus may go in other ways too, as a row that was done with: Esc is the dialog's all the same.
  const close = useRef(onClose);
  close.current = busy ? () => {} : onClose;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.target !== document.body) return;
      const topmost = [...document.querySelectorAll('[role="dialog"],[role="alertdialog"]')].at(-1);
      if (topmost !== surface.current) return;
      event.preventDefault();
      close.current();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
  return (
    <FluentDialog
      open
      modalType={alert ? 'alert' : 'modal'}
      onOpenChange={(_event, data) => {
        if (!data.open && !busy) onClose();
      }}
    >
      <DialogSurface ref={surface as never} style={{ width, maxWidth: 'calc(100vw - 48px)' }}>
        <DialogBody>
          <DialogTitle action={null}>{title}</DialogTitle>
          <DialogContent>{children}</DialogContent>
          <DialogActions className="dialog-actions">
            {note === undefined ? null : <span className="dialog-note">{note}</span>}
            {actions}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </FluentDialog>
  );
}

/** Another dialog that opened meanwhile, or a click elsewhere, keeps the focus. */
function focusIfLost(element: HTMLElement): void {
  const now = document.activeElement;
  if (now === null || now === document.body) element.focus();
}
