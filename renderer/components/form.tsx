/** What a `Field` needs to say that its value will not do; nothing where it will. */
export const invalid = (words: string | undefined) =>
  words === undefined ? {} : { validationMessage: words, validationState: 'error' as const };

/** Lets Enter in a field send the form, where the button that does so stands outside of it. */
export const SubmitByEnter = () => (
  <button type="submit" hidden tabIndex={-1} aria-hidden="true">
    Enter
  </button>
);
