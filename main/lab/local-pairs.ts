/** `@{NAME="VALUE";NAME="VALUE"}` as winrm takes it. */
export function createPairs(text: string): readonly (readonly [name: string, value: string])[] {
  return [...text.matchAll(/([\w:]+)\s*=\s*"([^"]*)"\s*[;}]/g)].map((match) => [match[1]!, match[2]!] as const);
}
