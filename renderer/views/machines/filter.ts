import type { Machine, MachineState } from '../../../shared/contract/machines.ts';
import { machineHealth } from '../../machine-health.ts';
import { nextExpiry } from '../../security-words.ts';

/** What a filter asks besides the machine itself. */
export interface FilterContext {
  readonly nowMs: number;
  readonly gauge: (
    machineId: string,
  ) => { readonly cpuPercent: number | null; readonly memoryPercent: number | null } | undefined;
  /** What a credential set is called. */
  readonly setName: (credentialId: string) => string | undefined;
}

export interface MachineFilter {
  readonly matches: (machine: Machine, context: FilterContext) => boolean;
  /** True where it asks for CPU or memory, which have to be read from all machines for it. */
  readonly needsGauges: boolean;
  /** Why a term is not understood, in words. Such a term matches nothing. */
  readonly problem: string | undefined;
}

type Test = MachineFilter['matches'];

/**
 * The filter box's language. Terms are joined by "and":
 *   word  "two words"          somewhere in name, address, OS, domain, model or tags
 *   tag:sql  os:2019  state:online  is:warning  name:hq  address:10.1  auth:ntlm  transport:https  port:5986
 *   policy:kerberos  enc:aes256  enc:none  spn:host/  credential:own  credential:"web admins"
 *   cpu>80  memory>=90  disk<10  uptime>30d  seen>2h  cert<30d      spaces around the sign are allowed
 *   tag:sql,web  is one or the other;  -tag:lab  (or !tag:lab) is none of that
 */
export function parseFilter(text: string): MachineFilter {
  const tests: Test[] = [];
  let needsGauges = false;
  let problem: string | undefined;
  for (const term of splitTerms(text)) {
    const negated = term.length > 1 && (term.startsWith('-') || term.startsWith('!'));
    const parsed = parseTerm(negated ? term.slice(1) : term);
    if (typeof parsed === 'string') {
      problem ??= parsed;
      tests.push(() => false);
      continue;
    }
    needsGauges ||= parsed.needsGauges;
    const { test } = parsed;
    tests.push(negated ? (machine, context) => !test(machine, context) : test);
  }
  return { matches: (machine, context) => tests.every((test) => test(machine, context)), needsGauges, problem };
}

/** Terms are apart by spaces, except inside quotes and around a comparison. */
function splitTerms(text: string): string[] {
  const joined = text.replace(/\s*(>=|<=|[<>=≥≤])\s*/g, '$1');
  return [...joined.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)]
    .map((match) => match[0].replaceAll('"', ''))
    .filter((term) => term !== '');
}

interface Parsed {
  readonly test: Test;
  readonly needsGauges: boolean;
}

function parseTerm(term: string): Parsed | string {
  const comparison = /^([a-z]+)(>=|<=|[<>=≥≤])(.*)$/i.exec(term);
  if (comparison) {
    const [, name = '', sign = '', value = ''] = comparison;
    const number = numbers[name.toLowerCase()];
    if (number !== undefined) return parseComparison(name.toLowerCase(), number, sign, value);
  }
  const colon = /^([a-z]+):(.*)$/i.exec(term);
  if (colon) {
    const [, name = '', value = ''] = colon;
    const property = properties[name.toLowerCase()];
    if (property !== undefined) {
      const wanted = value
        .toLowerCase()
        .split(',')
        .filter((each) => each !== '');
      // While it is being typed, `tag:` narrows nothing.
      if (wanted.length === 0) return { test: () => true, needsGauges: false };
      const allowed = choices[name.toLowerCase()];
      const unknown = allowed && wanted.find((each) => !allowed.some((choice) => choice.startsWith(each)));
      if (unknown !== undefined && allowed) return `“${unknown}” is none of ${allowed.join(', ')}.`;
      return {
        test: (machine, context) => wanted.some((each) => property(machine, each, context)),
        needsGauges: false,
      };
    }
  }
  const word = term.toLowerCase();
  return { test: (machine) => haystack(machine).includes(word), needsGauges: false };
}

const includes = (text: string | null | undefined, part: string): boolean =>
  text?.toLowerCase().includes(part) ?? false;

const properties: Readonly<Record<string, (machine: Machine, value: string, context: FilterContext) => boolean>> = {
  tag: (machine, value) => machine.settings.tags.some((tag) => matchesName(tag, value)),
  name: (machine, value) => includes(machine.settings.name, value) || includes(machine.facts?.computerName, value),
  address: (machine, value) => includes(machine.settings.address, value),
  os: (machine, value) => includes(machine.facts?.osCaption, value) || includes(machine.facts?.osVersion, value),
  domain: (machine, value) => includes(machine.facts?.domain, value),
  model: (machine, value) => includes(machine.facts?.model, value) || includes(machine.facts?.manufacturer, value),
  state: (machine, value) => machine.state.startsWith(value),
  is: (machine, value) => {
    const { group } = machineHealth(machine);
    const word =
      group === null ? 'pending' : { ok: 'healthy', warn: 'warning', crit: 'critical', off: 'unreachable' }[group];
    return 'attention'.startsWith(value) ? group !== null && group !== 'ok' : word.startsWith(value);
  },
  auth: (machine, value) =>
    includes(machine.security?.mechanism, value) ||
    includes(machine.security?.protection, value) ||
    includes(machine.security?.cipher, value),
  policy: (machine, value) => machine.settings.signIn.startsWith(value),
  enc: (machine, value) =>
    machine.security !== null &&
    (machine.security.protection === null ? value === 'none' : includes(machine.security.protection, value)),
  spn: (machine, value) => includes(machine.security?.spn, value),
  credential: (machine, value, context) =>
    value === 'own' || value === 'global' || value === 'none' || value === 'tag'
      ? machine.credential.source === (value === 'own' ? 'machine' : value)
      : machine.credential.id !== null && includes(context.setName(machine.credential.id), value),
  transport: (machine, value) => machine.settings.transport === value,
  port: (machine, value) => String(machine.settings.port) === value,
};

const states: readonly MachineState[] = [
  'online',
  'unreachable',
  'denied',
  'untrusted',
  'failing',
  'connecting',
  'restarting',
  'unknown',
];
const choices: Readonly<Record<string, readonly string[]>> = {
  state: states,
  is: ['attention', 'healthy', 'warning', 'critical', 'unreachable', 'pending'],
};

/** A tag exactly, or with `*` for any part of it. */
function matchesName(name: string, pattern: string): boolean {
  const text = name.toLowerCase();
  if (!pattern.includes('*')) return text === pattern;
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}

interface NumberOf {
  readonly unit: 'percent' | 'duration' | 'plain';
  readonly needsGauges: boolean;
  readonly value: (machine: Machine, context: FilterContext) => number | null | undefined;
}

const cpu: NumberOf = {
  unit: 'percent',
  needsGauges: true,
  value: (machine, context) => context.gauge(machine.id)?.cpuPercent,
};
const memory: NumberOf = {
  unit: 'percent',
  needsGauges: true,
  value: (machine, context) => context.gauge(machine.id)?.memoryPercent,
};
const numbers: Readonly<Record<string, NumberOf>> = {
  cpu,
  memory,
  mem: memory,
  /** Free space of the fullest disk. */
  disk: { unit: 'percent', needsGauges: false, value: (machine) => machine.facts?.worstDisk?.freePercent },
  uptime: {
    unit: 'duration',
    needsGauges: false,
    // Known only of a machine that answers: the boot time of one that does not may be of a boot before this one.
    value: (machine, context) =>
      machine.state === 'online' && machine.facts?.lastBootAt ? context.nowMs - machine.facts.lastBootAt : null,
  },
  seen: {
    unit: 'duration',
    needsGauges: false,
    value: (machine, context) => (machine.lastSeenAt === null ? null : context.nowMs - machine.lastSeenAt),
  },
  /** How long the certificates of the connection are still good. */
  cert: {
    unit: 'duration',
    needsGauges: false,
    value: (machine, context) => {
      const ends = nextExpiry(machine.security);
      return ends === null ? null : ends - context.nowMs;
    },
  },
  port: { unit: 'plain', needsGauges: false, value: (machine) => machine.settings.port },
};

const durations: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

function parseComparison(name: string, number: NumberOf, sign: string, text: string): Parsed | string {
  if (text === '') return { test: () => true, needsGauges: false };
  const match = /^(\d+(?:\.\d+)?)\s*([a-z%]*)$/i.exec(text);
  const unit = match?.[2]?.toLowerCase() ?? '';
  const amount = Number(match?.[1]);
  const factor =
    number.unit === 'duration' ? durations[unit === '' ? 'd' : unit] : unit === '' || unit === '%' ? 1 : undefined;
  if (!match || factor === undefined) {
    return number.unit === 'duration' ? `${name} wants a time like 30d, 2h or 10min.` : `${name} wants a number.`;
  }
  const limit = amount * factor;
  const compare = comparisons[sign] ?? comparisons['=']!;
  return {
    test: (machine, context) => {
      const value = number.value(machine, context);
      return value !== null && value !== undefined && compare(value, limit);
    },
    needsGauges: number.needsGauges,
  };
}

const comparisons: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '>': (value, limit) => value > limit,
  '<': (value, limit) => value < limit,
  '>=': (value, limit) => value >= limit,
  '≥': (value, limit) => value >= limit,
  '<=': (value, limit) => value <= limit,
  '≤': (value, limit) => value <= limit,
  '=': (value, limit) => Math.round(value) === limit,
};

const haystacks = new WeakMap<Machine, string>();
function haystack(machine: Machine): string {
  let text = haystacks.get(machine);
  if (text === undefined) {
    const { settings, facts } = machine;
    text = [
      settings.name,
      settings.address,
      facts?.computerName,
      facts?.domain,
      facts?.osCaption,
      facts?.model,
      ...settings.tags,
    ]
      .filter((part) => part !== null && part !== undefined)
      // A line end between the parts, so that no word is found across two of them.
      .join('\n')
      .toLowerCase();
    haystacks.set(machine, text);
  }
  return text;
}
