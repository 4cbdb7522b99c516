import type { Page } from '@playwright/test';

/**
 * Whether any string in the page's JavaScript heap has `text` in it, after a forced collection. Snapshots cut strings at 1,024 characters:
 * look for what stands nearer to their beginning.
 */
export async function heapHolds(page: Page, text: string): Promise<boolean> {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send('HeapProfiler.enable');
    // Twice: what the first one finalises, the second one frees.
    await session.send('HeapProfiler.collectGarbage');
    await session.send('HeapProfiler.collectGarbage');
    const chunks: string[] = [];
    session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk));
    await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false, captureNumericValue: false });
    const { strings } = JSON.parse(chunks.join('')) as { strings: readonly string[] };
    if (strings.length < 1000) throw new Error(`A heap with ${strings.length} strings is no heap of this page.`);
    return strings.some((string) => string.includes(text));
  } finally {
    await session.detach();
  }
}

/** Whether the text is in an attribute or a text node of the document, or in what the browser keeps for the page. */
export function documentHolds(page: Page, text: string): Promise<boolean> {
  return page.evaluate(
    (wanted) =>
      document.documentElement.outerHTML.includes(wanted) ||
      JSON.stringify({ ...localStorage, ...sessionStorage }).includes(wanted) ||
      location.href.includes(wanted),
    text,
  );
}

/** Every text frame that the page sends and receives from its next load on. */
export function recordFrames(page: Page): { readonly sent: string[]; readonly received: string[] } {
  const frames = { sent: [] as string[], received: [] as string[] };
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => frames.sent.push(payload.toString()));
    socket.on('framereceived', ({ payload }) => frames.received.push(payload.toString()));
  });
  return frames;
}
