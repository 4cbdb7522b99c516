/** What a target lets one client do (MS-WSMV 2.2.4.6, 2.2.4.10 and product behaviour notes 4, 8, 9, 17 to 34). */
import type { XmlElement } from './xml.ts';
import { childText, descend } from './xml.ts';

export interface TargetLimits {
  /** Octets of one SOAP envelope. */
  readonly maxEnvelopeSize: number;
  /** Longest OperationTimeout. */
  readonly maxTimeoutMs: number;
  /** Most items of one Pull. */
  readonly maxBatchItems: number;
  readonly maxConcurrentOperationsPerUser: number;
  /** An enumeration that is not pulled for so long is gone. */
  readonly enumerationTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxShellsPerUser: number;
  /** `target`: read from its winrm/config. `defaults`: documented for its stack, since it would not let us read. */
  readonly source: 'target' | 'defaults';
  /** Identified generation of WinRM, null where the target named none. */
  readonly stack: string | null;
}

type Values = Omit<TargetLimits, 'source' | 'stack'>;

const stack1: Values = {
  maxEnvelopeSize: 150 * 1024,
  maxTimeoutMs: 60_000,
  maxBatchItems: 20,
  maxConcurrentOperationsPerUser: 15,
  enumerationTimeoutMs: 60_000,
  maxConnections: 5,
  maxShellsPerUser: 2,
};
const stack2: Values = { ...stack1, maxBatchItems: 32_000, maxConnections: 25, maxShellsPerUser: 5 };
const stack3: Values = {
  maxEnvelopeSize: 500 * 1024,
  maxTimeoutMs: 60_000,
  maxBatchItems: 32_000,
  maxConcurrentOperationsPerUser: 1500,
  enumerationTimeoutMs: 240_000,
  maxConnections: 300,
  maxShellsPerUser: 30,
};

/** Documented defaults by stack. For a target that names none (other makes) the strictest of all. */
export function defaultLimits(stack: string | null): TargetLimits {
  const values = stack === null || stack.startsWith('1.') ? stack1 : stack.startsWith('2.') ? stack2 : stack3;
  return { ...values, source: 'defaults', stack };
}

/** What a client adapts to once it knows the stack (MS-WSMV 3.2.4.1.3, notes 8, 9). */
export interface StackSettings {
  /** MaxEnvelopeSize that Windows' own client of that time sends. */
  readonly maxEnvelopeSize: number;
  /** Most items asked for at once. */
  readonly maxElements: number;
  /** Stack 1.1 takes five connections in all, from everybody; one of them is ours. Null: as many as the client was told. */
  readonly maxConnections: 1 | null;
}

/** For a target that names no stack (other makes) those of today: they lower them by themselves. */
export function stackSettings(stack: string | null): StackSettings {
  if (stack?.startsWith('1.')) return { maxEnvelopeSize: 153_600, maxElements: 20, maxConnections: 1 };
  return { maxEnvelopeSize: stack?.startsWith('2.') ? 153_600 : 512_000, maxElements: 1000, maxConnections: null };
}

/** Limits out of a winrm/config document; what it does not name (older stacks) is the default of its stack. */
export function readLimits(config: XmlElement, stack: string | null): TargetLimits {
  const defaults = defaultLimits(stack);
  const number = (parent: XmlElement | undefined, local: string, fallback: number): number => {
    const text = parent && childText(parent, local);
    return text != null && /^[0-9]{1,15}$/.test(text) ? Number(text) : fallback;
  };
  const service = descend(config, 'Service');
  const winrs = descend(config, 'Winrs');
  return {
    maxEnvelopeSize: number(config, 'MaxEnvelopeSizekb', defaults.maxEnvelopeSize / 1024) * 1024,
    maxTimeoutMs: number(config, 'MaxTimeoutms', defaults.maxTimeoutMs),
    maxBatchItems: number(config, 'MaxBatchItems', defaults.maxBatchItems),
    maxConcurrentOperationsPerUser: number(
      service,
      'MaxConcurrentOperationsPerUser',
      number(service, 'MaxConcurrentOperations', defaults.maxConcurrentOperationsPerUser),
    ),
    enumerationTimeoutMs: number(service, 'EnumerationTimeoutms', defaults.enumerationTimeoutMs),
    maxConnections: number(service, 'MaxConnections', defaults.maxConnections),
    maxShellsPerUser: number(winrs, 'MaxShellsPerUser', defaults.maxShellsPerUser),
    source: 'target',
    stack,
  };
}
