/**
 * Which element of a table shows which row. While the table scrolls, an element whose row has left shows the next row that comes: to
 * change its texts costs a fraction of what it costs to take a row out of the document and to put another in.
 */

/** One element, known by its slot, and the row it shows. A list of them is in the order of the document. */
export interface Placed {
  readonly slot: number;
  readonly id: string;
}

/**
 * The rows `ids` (top to bottom) on the elements there are. A row that stays keeps its element. `scrolling`: nothing moves in the
 * document, so its order may differ from the one on the screen; otherwise the two are the same again, which is the order a screen
 * reader reads. `held` is the row with the keyboard: if it has gone, its element goes with it, and never hands the keyboard to another row.
 */
export function placeRows(
  before: readonly Placed[],
  ids: readonly string[],
  { scrolling, held }: { readonly scrolling: boolean; readonly held: string | null },
): readonly Placed[] {
  const wanted = new Set(ids);
  const shown = new Set(before.map((place) => place.id));
  const coming = ids.filter((id) => !shown.has(id));
  let next = 0;
  let free = 0;
  const placed: Placed[] = [];
  for (const place of before) {
    free = Math.max(free, place.slot + 1);
    if (wanted.has(place.id)) {
      placed.push(place);
      continue;
    }
    const id = coming[next];
    if (id === undefined || place.id === held) continue;
    next += 1;
    placed.push({ slot: place.slot, id });
  }
  for (const id of coming.slice(next)) {
    placed.push({ slot: free, id });
    free += 1;
  }
  if (scrolling) return placed;
  const at = new Map(ids.map((id, index) => [id, index]));
  return placed.sort((a, b) => (at.get(a.id) ?? 0) - (at.get(b.id) ?? 0));
}
