/** The console's own page. A scheme of its own instead of file://, whose pages could read files and are no origin of their own. */
export const scheme = 'app';
export const origin = 'app://windeck';
export const pageUrl = `${origin}/`;

/** True for a URL of our own page, whatever is written after its origin. */
export function isOwnUrl(url: string | undefined): boolean {
  const parsed = URL.parse(url ?? '');
  return parsed !== null && parsed.protocol === `${scheme}:` && parsed.host === 'windeck';
}
