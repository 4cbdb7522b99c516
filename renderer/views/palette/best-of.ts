import type { PaletteItem } from './palette-item.ts';

export interface Found {
  readonly item: PaletteItem;
  readonly score: number;
}

export interface Best {
  readonly best: readonly Found[];
  readonly count: number;
}
export const none: Best = { best: [], count: 0 };

/** Keeps the `limit` best of many without sorting them all; of equals the first. */
export function bestOf(limit: number) {
  const best: Found[] = [];
  let count = 0;
  return {
    /** `item` is made only where it is kept. */
    add(score: number, item: () => PaletteItem): void {
      count += 1;
      const last = best.at(-1);
      if (best.length === limit && last !== undefined && score <= last.score) return;
      let at = best.length;
      while (at > 0 && (best[at - 1]?.score ?? 0) < score) at -= 1;
      best.splice(at, 0, { item: item(), score });
      if (best.length > limit) best.pop();
    },
    result: (): Best => ({ best, count }),
  };
}
