import { createOutputFilter } from '../../terminal/output-filter.ts';

/** Output of a machine where no terminal shows it: characters and line ends only. */
export const visibleText = (text: string): string =>
  createOutputFilter()
    .take(text)
    .replace(/\u001b\[[\d;:]*[mJH]|[\b\r]/g, '');
