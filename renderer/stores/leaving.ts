/** The question before the window goes: closing it, or its tab, ends what is under way in it. */

type Source = () => boolean;
const sources = new Set<Source>();

/** `isUnderWay` is asked when somebody leaves: whether something would end by it that cannot be had back. */
export function askBeforeLeaving(isUnderWay: Source): void {
  sources.add(isUnderWay);
}

/** A browser asks in words of its own; the desktop window in those of app/window.ts. */
export function startLeaveQuestion(target: EventTarget = window): void {
  target.addEventListener('beforeunload', (event) => {
    if ([...sources].some((isUnderWay) => isUnderWay())) event.preventDefault();
  });
}
