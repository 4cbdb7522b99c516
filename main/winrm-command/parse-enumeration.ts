/** The switches of an enumeration: what is narrowed, and what is returned. Pure, as parse.ts. */
import { type AssociationQuery, isDialect } from '../wsman/index.ts';
import { CommandLineError, type EnumerationFilter, type WinrmCommand } from './command.ts';
import { isQuote, unquote } from './line.ts';
import { parsePairs } from './pairs.ts';
import type { Switches } from './switches.ts';
import { parseResource } from './uri.ts';

type Enumeration = Extract<WinrmCommand, { verb: 'enumerate' }>;
type Dialect = EnumerationFilter['dialect'];
const dialectNames: ReadonlySet<string> = new Set<Dialect>(['wql', 'selector', 'association']);
const isShortName = (text: string): text is Dialect => dialectNames.has(text);

/** Throws CommandLineError. `resourceUri`: where the enumeration goes, which an association's object is relative to. */
export function parseFilter(switches: Switches, resourceUri: string): EnumerationFilter | null {
  const text = switches.get('filter') ?? null;
  const dialect = readDialect(switches.get('dialect') ?? 'wql');
  if (switches.has('associations') && dialect !== 'association') {
    throw new CommandLineError('-associations goes with -dialect:association.');
  }
  if (text === null) {
    if (switches.has('dialect'))
      throw new CommandLineError('-dialect says how -filter is written, and there is no -filter.');
    return null;
  }
  switch (dialect) {
    case 'wql':
      return { dialect, text: straighten(text) };
    case 'association':
      return { dialect, query: parseAssociation(text, resourceUri, switches.has('associations')) };
    case 'selector': {
      const selectors = parsePairs(text, '{').map(([name, value]): [string, string] => {
        if (value === null) throw new CommandLineError('A selector filter compares with values; $null is none.');
        return [name, value];
      });
      if (selectors.length === 0) throw new CommandLineError('A selector filter needs at least one {KEY="VALUE"}.');
      return { dialect, selectors };
    }
  }
}

function readDialect(text: string): Dialect {
  const name = text.toLowerCase();
  if (isShortName(name)) return name;
  for (const dialect of ['wql', 'selector', 'association'] as const) if (isDialect(text, dialect)) return dialect;
  throw new CommandLineError('The filter dialect is wql, selector or association, or the full URI of one of them.');
}

/** WQL copied from a page: typographic marks around literals become those of the language, unless the text has straight ones already. */
function straighten(wql: string): string {
  if (/['"]/.test(wql)) return wql;
  return wql.replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"');
}

const associationForm =
  'An association filter has the form {Object=CLASS?KEY=VALUE;AssociationClassName=…;Role=…;ResultClassName=…;ResultRole=…;IncludeResultProperty=…}; all but Object may be left out.';
const associationKeys: ReadonlyMap<
  string,
  Exclude<keyof AssociationQuery, 'select' | 'includeResultProperties'> | 'property'
> = new Map([
  ['object', 'object'],
  ['associationclassname', 'associationClassName'],
  ['role', 'role'],
  ['resultclassname', 'resultClassName'],
  ['resultrole', 'resultRole'],
  ['includeresultproperty', 'property'],
] as const);

/** `{Object=Win32_Service?Name=WinRM;ResultClassName=…}`: the object in the namespace of the URI, unless it brings its own. */
function parseAssociation(text: string, resourceUri: string, links: boolean): AssociationQuery {
  if (!resourceUri.endsWith('/*')) {
    throw new CommandLineError('An association filter goes to a namespace, not to a class: wmicimv2/*.');
  }
  const trimmed = text.trim();
  if (!/^\{.*\}$/s.test(trimmed)) throw new CommandLineError(associationForm);
  const values = new Map<string, string>();
  const properties: string[] = [];
  for (const part of splitAtSemicolons(trimmed.slice(1, -1))) {
    const equals = part.indexOf('=');
    const key = associationKeys.get(part.slice(0, Math.max(0, equals)).trim().toLowerCase());
    const value = unquote(part.slice(equals + 1).trim());
    if (key === undefined || value === '') throw new CommandLineError(associationForm);
    if (key === 'property') properties.push(value);
    else if (values.has(key))
      throw new CommandLineError(`An association filter has one ${part.slice(0, equals).trim()}.`);
    else values.set(key, value);
  }
  const object = values.get('object');
  if (object === undefined) throw new CommandLineError(associationForm);
  if (links && (values.has('associationClassName') || values.has('resultRole'))) {
    throw new CommandLineError(
      'With -associations the links themselves are the result: their class is ResultClassName, and ResultRole has no meaning.',
    );
  }
  const { object: _, ...rest } = Object.fromEntries(values);
  return {
    select: links ? 'association-instances' : 'associated-instances',
    object: parseResource(isRelative(object) ? resourceUri.slice(0, -1) + object : object),
    ...rest,
    ...(properties.length === 0 ? {} : { includeResultProperties: properties }),
  };
}

/** A bare class name, before any selector. */
const isRelative = (object: string): boolean => !object.split('?', 1)[0]!.includes('/');

function splitAtSemicolons(text: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (isQuote(text[at])) quoted = !quoted;
    if (at < text.length && (text[at] !== ';' || quoted)) continue;
    parts.push(text.slice(start, at));
    start = at + 1;
  }
  return parts.filter((part) => part.trim() !== '');
}

export function parseReturnType(switches: Switches): Enumeration['returnType'] {
  const type = switches.get('returntype')?.toLowerCase() ?? 'object';
  if (type === 'object' || type === 'epr' || type === 'objectandepr') return type;
  throw new CommandLineError('The return type is object, epr or objectandepr.');
}

export function parseHierarchy(switches: Switches): Enumeration['hierarchy'] {
  const shallow = switches.has('shallow');
  if (shallow && switches.has('basepropertiesonly')) {
    throw new CommandLineError('-shallow and -basepropertiesonly exclude each other.');
  }
  return shallow ? 'shallow' : switches.has('basepropertiesonly') ? 'base-properties' : 'deep';
}
