import { attribute, childrenOf, type XmlElement } from '../wsman/xml.ts';
import { LabFault } from './faults.ts';
import type { LabEvent } from './world/event-logs.ts';

/**
 * The eventquery dialect (MS-WSMV 3.1.4.1.30.5): a QueryList of Select and Suppress, each with a channel and the part of XPath 1.0 that the event
 * log understands: `*`, and `*[System[…]]` over comparisons joined by and, or and parentheses. Invariant: no input makes it recurse without
 * bound.
 */
type Test = (event: LabEvent, now: number) => boolean;

export interface EventQuery {
  /** As they are written in the query. */
  readonly channels: readonly string[];
  matches(event: LabEvent, now: number): boolean;
}

const maxLength = 32_768;
const maxDepth = 32;
/** ERROR_EVT_INVALID_QUERY. */
const invalidQuery = 15001;

export function readEventQuery(filter: XmlElement | undefined): EventQuery {
  const list = filter?.children[0];
  if (list?.local !== 'QueryList') throw new LabFault(2150858786);
  const selects: { channel: string; test: Test; suppresses: boolean }[] = [];
  for (const query of childrenOf(list, 'Query')) {
    for (const part of query.children) {
      if (part.local !== 'Select' && part.local !== 'Suppress') throw refused(`What is ${part.local} in a query?`);
      const channel = attribute(part, 'Path') ?? attribute(query, 'Path') ?? '';
      if (channel === '') throw refused('A channel is missing.');
      selects.push({ channel, test: parseXPath(part.text.trim()), suppresses: part.local === 'Suppress' });
    }
  }
  if (selects.length === 0) throw refused('The list is empty.');
  const isOf = (channel: string, event: LabEvent): boolean => channel.toLowerCase() === event.channel.toLowerCase();
  return {
    channels: [...new Set(selects.map(({ channel }) => channel))],
    matches: (event, now) => {
      const hits = selects.filter(({ channel, test }) => isOf(channel, event) && test(event, now));
      return hits.length > 0 && !hits.some(({ suppresses }) => suppresses);
    },
  };
}

function refused(why: string): LabFault {
  return new LabFault(invalidQuery, { text: `The specified query is invalid. ${why}` });
}

function parseXPath(text: string): Test {
  if (text.length > maxLength) throw refused('It is too long.');
  if (text === '*') return () => true;
  const outer = /^\*\s*\[\s*System\s*\[([\s\S]*)\]\s*\]$/.exec(text);
  if (!outer) throw refused('Only * and *[System[…]] are known.');
  const tokens = outer[1]!.match(/"[^"]*"|'[^']*'|<=|>=|!=|[=<>()[\],*]|@?[\w.-]+/g) ?? [];
  let at = 0;
  const take = (wanted: string): boolean => {
    if (tokens[at]?.toLowerCase() !== wanted) return false;
    at++;
    return true;
  };
  const expect = (wanted: string): void => {
    if (!take(wanted)) throw refused(`${wanted} is missing.`);
  };
  const disjunction = (depth: number): Test => {
    let left = conjunction(depth);
    while (take('or')) {
      const [a, b] = [left, conjunction(depth)];
      left = (event, now) => a(event, now) || b(event, now);
    }
    return left;
  };
  const conjunction = (depth: number): Test => {
    let left = predicate(depth);
    while (take('and')) {
      const [a, b] = [left, predicate(depth)];
      left = (event, now) => a(event, now) && b(event, now);
    }
    return left;
  };
  const predicate = (depth: number): Test => {
    if (depth > maxDepth) throw refused('It is nested too deeply.');
    if (take('(')) {
      const inner = disjunction(depth + 1);
      expect(')');
      return inner;
    }
    const name = tokens[at++] ?? '';
    if (name === 'band') {
      expect('(');
      const read = values[tokens[at++] ?? ''];
      expect(',');
      const mask = BigInt(tokens[at++]?.match(/^\d{1,19}$/)?.[0] ?? 0);
      expect(')');
      if (read === undefined) throw refused('band needs a number.');
      return (event) => (BigInt(read(event)) & mask) !== 0n;
    }
    if (name === 'Provider' || name === 'TimeCreated') {
      expect('[');
      const isDifference = take('timediff');
      if (isDifference) expect('(');
      const attributeName = (tokens[at++] ?? '').toLowerCase();
      if (isDifference) expect(')');
      const compared = comparison();
      expect(']');
      if (name === 'Provider' && attributeName === '@name') return (event) => compared(event.provider);
      if (name !== 'TimeCreated' || attributeName !== '@systemtime') throw refused(`${name} has no ${attributeName}.`);
      return isDifference
        ? (event, now) => compared(now - event.at)
        : (event) => compared(new Date(Math.floor(event.at)).toISOString());
    }
    const read = values[name];
    if (read === undefined) throw refused(`System has no ${name}.`);
    const compared = comparison();
    return (event) => compared(read(event));
  };
  const comparison = (): ((value: string | number) => boolean) => {
    const operator = tokens[at++] ?? '';
    const token = tokens[at++] ?? '';
    const literal = /^['"]/.test(token) ? token.slice(1, -1) : Number(token);
    if (Number.isNaN(literal)) throw refused('A value is missing.');
    // Times have the same form on both sides: as text they are in order.
    const order = (value: string | number): number => {
      const [left, right] = typeof literal === 'number' ? [Number(value), literal] : [String(value), literal];
      return left < right ? -1 : left > right ? 1 : 0;
    };
    const test = comparisons[operator];
    if (test === undefined) throw refused('A comparison is missing.');
    return (value) => test(order(value));
  };
  const test = disjunction(0);
  if (at < tokens.length) throw refused('There is something behind its end.');
  return test;
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};
/** Of the 64 bits those that the lab's events have. */
export function keywordsOf(audit: LabEvent['audit']): bigint {
  return audit === 'failure' ? 0x8010000000000000n : audit ? 0x8020000000000000n : 0x80000000000000n;
}

const values: Readonly<Record<string, (event: LabEvent) => string | number>> = {
  Level: ({ level }) => level,
  EventID: ({ eventId }) => eventId,
  EventRecordID: ({ recordId }) => recordId,
  Task: ({ task }) => task,
  Keywords: ({ audit }) => keywordsOf(audit).toString(),
  Channel: ({ channel }) => channel,
};
