import { describe, expect, it } from 'vitest';
import { type Placed, placeRows } from './table-slots.ts';

const rest = { scrolling: false, held: null };
const scrolling = { scrolling: true, held: null };
const show = (places: readonly Placed[]): string => places.map((place) => `${place.slot}:${place.id}`).join(' ');

describe('rows on recycled elements', () => {
  const first = placeRows([], ['a', 'b', 'c', 'd'], rest);

  it('gives every row an element of its own, in their order', () => {
    expect(show(first)).toBe('0:a 1:b 2:c 3:d');
  });
  it('shows the coming rows on the elements of those that left, and moves nothing while it scrolls', () => {
    const down = placeRows(first, ['c', 'd', 'e', 'f'], scrolling);
    expect(show(down)).toBe('0:e 1:f 2:c 3:d');
    expect(show(placeRows(down, ['b', 'c', 'd', 'e'], scrolling))).toBe('0:e 1:b 2:c 3:d');
  });
  it('brings the document into the order of the screen when the scrolling ends, every row on the element it had', () => {
    const down = placeRows(first, ['c', 'd', 'e', 'f'], scrolling);
    expect(show(placeRows(down, ['c', 'd', 'e', 'f'], rest))).toBe('2:c 3:d 0:e 1:f');
  });
  it('adds and drops elements as their number changes', () => {
    expect(show(placeRows(first, ['c', 'd', 'e', 'f', 'g'], scrolling))).toBe('0:e 1:f 2:c 3:d 4:g');
    expect(show(placeRows(first, ['d', 'e'], scrolling))).toBe('0:e 3:d');
  });
  it('never shows another row on the element that has the keyboard', () => {
    expect(show(placeRows(first, ['b', 'c', 'd', 'e'], { scrolling: true, held: 'a' }))).toBe('1:b 2:c 3:d 4:e');
    expect(show(placeRows(first, ['a', 'c', 'd', 'e'], { scrolling: true, held: 'a' }))).toBe('0:a 1:e 2:c 3:d');
  });
  it('gives the same answer when it is asked twice', () => {
    const down = placeRows(first, ['c', 'd', 'e', 'f'], scrolling);
    expect(placeRows(down, ['c', 'd', 'e', 'f'], scrolling)).toEqual(down);
  });
});
