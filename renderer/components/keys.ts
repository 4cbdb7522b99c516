/** True where a plain letter belongs to a text field or an open dialog or menu, not to a shortcut of the view. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target.closest('[role="dialog"],[role="alertdialog"],[role="menu"],[role="listbox"]') !== null
  )
    return true;
  return isTextField(target) || target instanceof HTMLSelectElement;
}

function isTextField(target: HTMLElement): boolean {
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'range'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target.isContentEditable;
}

/** What is behind an open dialog, the palette among them, hears no key. */
export const isDialogOpen = (): boolean => document.querySelector('[role="dialog"],[role="alertdialog"]') !== null;

const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** The modifier of shortcuts as this computer's keyboard has it. */
export const modifierName = apple ? '⌘' : 'Ctrl';
export const hasModifier = (event: { ctrlKey: boolean; metaKey: boolean }): boolean =>
  apple ? event.metaKey : event.ctrlKey;

/**
 * Alt and no other modifier but Shift: a shortcut of the room. Letters are told by `event.code`, their place on the keyboard, since with Alt
 * they may be others. On a Mac that is how characters are typed (Option+L is @ on a German one), so a text field keeps its letters; a
 * terminal, which has a text field for its keys, says itself which ones it leaves to the room.
 */
export function isAltKey(event: KeyboardEvent): boolean {
  if (!event.altKey || event.ctrlKey || event.metaKey) return false;
  if (!apple || !event.code.startsWith('Key') || !(event.target instanceof HTMLElement)) return true;
  return !isTextField(event.target) || event.target.closest('.xterm') !== null;
}
