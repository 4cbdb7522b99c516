/** What the methods of Win32_Process return (their documentation lists the same numbers for all of them), and what to do. */
const meanings: ReadonlyMap<number, string> = new Map([
  [2, 'Access is denied.'],
  [3, 'The account lacks the privilege that this needs.'],
  [8, 'Unknown failure.'],
  [9, 'The path was not found.'],
  [21, 'A parameter is not valid.'],
]);

const advice: ReadonlyMap<string, string> = new Map([
  [
    'Terminate 2',
    'Windows lets nobody end its protected and critical processes. For others use an account with administrator rights there.',
  ],
  ['Create 2', 'Use an account with administrator rights on this machine.'],
  ['Create 3', 'Use an account with administrator rights on this machine.'],
  [
    'Create 8',
    'The program may be no Windows program, or need a desktop. Try it in a shell, which shows what it says.',
  ],
  ['Create 9', 'The path is one of that machine: write it in full, in quotation marks where it holds blanks.'],
  ['Create 21', 'Check command line and folder: the folder must exist on that machine.'],
]);

export function processRefusal(method: string, returnValue: number): string {
  return meanings.get(returnValue) ?? `${method} returned ${returnValue}, which has no documented meaning.`;
}

export const processAdvice = (method: string, returnValue: number): string | undefined =>
  advice.get(`${method} ${returnValue}`);
