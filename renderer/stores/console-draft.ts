import { create } from 'zustand';

/** A line that another room has put into the prompt of the Console. It may hold a secret: the prompt takes it away from here at once. */
export const useConsoleDraft = create<{ line: string | null }>(() => ({ line: null }));

export const putIntoPrompt = (line: string): void => useConsoleDraft.setState({ line });

export function takeDraft(): string | null {
  const { line } = useConsoleDraft.getState();
  if (line !== null) useConsoleDraft.setState({ line: null });
  return line;
}
