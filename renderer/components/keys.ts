/** True where a plain letter belongs to a text field or an open dialog or menu, not to a shortcut of the view. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target.closest('[role="dialog"],[role="alertdialog"],[role="menu"],[role="listbox"]') !== null
  )
    return true;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'range'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** What is behind an open dialog, the palette among them, hears no key. */
export const isDialogOpen = (): boolean => document.querySelector('[role="dialog"],[role="alertdialog"]') !== null;

const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** The modifier of shortcuts as this computer's keyboard has it. */
export const modifierName = apple ? '⌘' : 'Ctrl';
export const hasModifier = (event: { ctrlKey: boolean; metaKey: boolean }): boolean =>
  apple ? event.metaKey : event.ctrlKey;
