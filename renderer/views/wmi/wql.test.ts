import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../shared/contract/problem.ts';
import { classIn, completeWql, placeError } from './wql.ts';

const classes = ['Win32_Process', 'Win32_Processor', 'Win32_Service'];
const properties = ['Name', 'State', 'StartMode'];
/** The caret is at the bar. */
const at = (marked: string) => {
  const caret = marked.indexOf('|');
  const query = marked.replace('|', '');
  const { from, to, items } = completeWql(query, caret, classes, () => properties);
  return { texts: items.map(({ text }) => text), replaced: query.slice(from, to) };
};

describe('completion', () => {
  it('knows what may come next', () => {
    expect(at('se|').texts).toEqual(['SELECT']);
    expect(at('SELECT * FROM Win32_Pro|')).toEqual({
      texts: ['Win32_Process', 'Win32_Processor'],
      replaced: 'Win32_Pro',
    });
    expect(at('select * from |').texts).toEqual(classes);
    expect(at('SELECT St| FROM Win32_Service')).toEqual({ texts: ['State', 'StartMode'], replaced: 'St' });
    expect(at('SELECT Name, | FROM Win32_Service').texts).toEqual(properties);
    expect(at('SELECT * FROM Win32_Service WHERE n|').texts).toEqual(['Name']);
    expect(at('SELECT * FROM Win32_Service WHERE Name = "x" |').texts).toEqual(['AND', 'OR']);
    expect(at('SELECT * FROM Win32_Service WHERE Name = "x" AND s|').texts).toEqual(['State', 'StartMode']);
    expect(at('SELECT * FROM Win32_Service |').texts).toEqual(['WHERE']);
    expect(at('SELECT * |').texts).toEqual(['FROM']);
    expect(at('SELECT * FROM Win32_Service WHERE Name |').texts).toContain('LIKE');
  });

  it('is silent inside texts, and about what stands there already', () => {
    expect(at("SELECT * FROM Win32_Service WHERE Name = 'n|").texts).toEqual([]);
    expect(at("SELECT * FROM Win32_Service WHERE Name = 'FROM n|'").texts).toEqual([]);
    expect(at('SELECT * FROM Win32_Service|').texts).toEqual([]);
  });
});

it('the class is that behind FROM, not a word in a text', () => {
  expect(classIn("SELECT * FROM Win32_Service WHERE Name = 'x from y'")).toBe('Win32_Service');
  expect(classIn("SELECT 'from x'")).toBeNull();
  expect(classIn('SELECT * FROM')).toBeNull();
});

describe('where a refused query is wrong', () => {
  const refused = {
    code: 'protocol-error',
    message: 'no',
    advice: [],
    retryable: false,
    fault: {},
  } as unknown as Problem;
  const marked = (query: string) => {
    const place = placeError(query, refused, classes, properties);
    return place && query.slice(place.from, place.to);
  };
  it('is found by what can be known here', () => {
    expect(marked('SELECT * FROM Win32_Nothing')).toBe('Win32_Nothing');
    expect(marked('SELECT Nam FROM Win32_Service')).toBe('Nam');
    expect(marked("SELECT * FROM Win32_Service WHERE Stat = 'x'")).toBe('Stat');
    expect(marked("SELECT * FROM Win32_Service WHERE Name = 'x")).toBe("'x");
    expect(marked('SELECT *')).toBe('*');
    expect(marked("SELECT Name FROM Win32_Service WHERE Name = 'a'")).toBeNull();
    expect(
      placeError('SELECT * FROM X', { ...refused, fault: undefined } as unknown as Problem, classes, null),
    ).toBeNull();
  });
});
