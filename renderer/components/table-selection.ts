/** Selecting rows as every desktop list does it. Pure, so that it can be tested without one. */

/** Where the last single selection was made: a range reaches from there. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly anchor: string | null;
}

export function selectOnly(id: string): Selection {
  return { ids: new Set([id]), anchor: id };
}

export function toggle(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** From the anchor to `id`, in the order shown. `add` keeps what is selected elsewhere. */
export function selectRange(selection: Selection, order: readonly string[], id: string, add: boolean): Selection {
  const to = order.indexOf(id);
  const from = selection.anchor === null ? -1 : order.indexOf(selection.anchor);
  if (to < 0) return selection;
  if (from < 0) return { ids: new Set(add ? [...selection.ids, id] : [id]), anchor: id };
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { ids: new Set(add ? [...selection.ids, ...range] : range), anchor: selection.anchor };
}

/** All that is shown, or none of it if all of it is selected; what the filter hides stays as it is. */
export function toggleAll(selection: Selection, order: readonly string[]): Selection {
  const ids = new Set(selection.ids);
  if (order.every((id) => ids.has(id))) for (const id of order) ids.delete(id);
  else for (const id of order) ids.add(id);
  return { ids, anchor: selection.anchor };
}

/** Without what is gone. The same object if nothing is. */
export function keepOnly(ids: ReadonlySet<string>, exists: (id: string) => boolean): ReadonlySet<string> {
  for (const id of ids) {
    if (!exists(id)) return new Set([...ids].filter(exists));
  }
  return ids;
}
