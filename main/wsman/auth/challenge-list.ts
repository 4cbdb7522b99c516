/** One that is never closed reaches to the end: looking for its end from each of its marks anew would take seconds on a hostile header. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|\\?$)/gs;

/**
 * The challenges of one WWW-Authenticate value, each as it was written (RFC 9110 11.6.1). A comma begins the next one where a word without `=`
 * follows it; inside quotation marks nothing counts.
 */
export function splitChallenges(value: string): string[] {
  const masked = value.replace(QUOTED, (quoted) => '"'.repeat(quoted.length));
  const commas = masked.matchAll(/,\s*(?=[A-Za-z][\w-]*(?:\s+[^\s=]|\s*,|\s*$))/g);
  const starts = [...commas].map((match) => match.index + 1);
  return [0, ...starts].map((start, index) => value.slice(start, starts[index] ?? value.length));
}
