import * as v from 'valibot';
import { Assignments } from '../../shared/contract/credentials.ts';
import { maxSavedEventFilters, SavedEventFilter } from '../../shared/contract/event-log.ts';
import { MachineId, MachineSettings } from '../../shared/contract/machines.ts';
import { Settings } from '../../shared/contract/settings.ts';
import { migrate } from './inventory-migration.ts';

/** What the inventory file holds (README.md beside this file describes it for people). No secret is ever part of it. */
export const inventoryVersion = 2;

const CredentialId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const CredentialName = v.pipe(v.string(), v.minLength(1), v.maxLength(256));

/** The leaf of a client certificate: what anybody may see who is shown it in TLS. Its key is a secret and elsewhere. */
const StoredCertificate = v.object({
  subject: v.string(),
  issuer: v.string(),
  sha256: v.string(),
  sha1: v.string(),
  validFromAt: v.number(),
  validToAt: v.number(),
  names: v.array(v.string()),
  selfSigned: v.boolean(),
});

const StoredCredential = v.variant('kind', [
  v.object({
    id: CredentialId,
    name: CredentialName,
    kind: v.literal('password'),
    userName: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  }),
  v.object({ id: CredentialId, name: CredentialName, kind: v.literal('signed-in-user') }),
  v.object({ id: CredentialId, name: CredentialName, kind: v.literal('certificate'), certificate: StoredCertificate }),
]);
/** A named set of credentials, without its secret. */
export type StoredCredential = v.InferOutput<typeof StoredCredential>;

const InventoryFile = v.object({
  format: v.literal('windeck-inventory'),
  version: v.literal(inventoryVersion),
  settings: Settings,
  /** Files of earlier versions have none. */
  eventFilters: v.optional(v.pipe(v.array(SavedEventFilter), v.maxLength(maxSavedEventFilters)), []),
  credentials: v.array(StoredCredential),
  assignments: Assignments,
  machines: v.array(v.object({ id: MachineId, ...MachineSettings.entries })),
});

/** The inventory in memory: plain values, never changed in place. */
export interface InventoryData {
  readonly machines: ReadonlyMap<string, MachineSettings>;
  readonly credentials: ReadonlyMap<string, StoredCredential>;
  readonly assignments: Assignments;
  readonly settings: Settings;
  readonly eventFilters: readonly SavedEventFilter[];
}

export const emptyInventory: InventoryData = {
  machines: new Map(),
  credentials: new Map(),
  assignments: { global: null, tags: [] },
  settings: { theme: 'system' },
  eventFilters: [],
};

export type ParsedInventory =
  | { readonly kind: 'good'; readonly data: InventoryData }
  | { readonly kind: 'corrupt'; readonly why: string }
  /** Written by a later Windeck: whole, but not ours to rewrite. */
  | { readonly kind: 'newer'; readonly version: number };

/** Reads the text of an inventory file. Never throws: a file that is not one is `corrupt`, with the first thing that is wrong. */
export function parseInventory(text: string): ParsedInventory {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { kind: 'corrupt', why: `it is not JSON (${(error as Error).message})` };
  }
  const version = (json as { format?: unknown; version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > inventoryVersion) return { kind: 'newer', version };
  const result = v.safeParse(InventoryFile, migrate(json));
  if (!result.success) {
    const issue = result.issues[0];
    return { kind: 'corrupt', why: `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}` };
  }
  const machines = new Map(result.output.machines.map(({ id, ...settings }) => [id, settings]));
  const credentials = new Map(result.output.credentials.map((credential) => [credential.id, credential]));
  if (machines.size !== result.output.machines.length) return { kind: 'corrupt', why: 'two machines have the same id' };
  const { assignments, settings, eventFilters } = result.output;
  return { kind: 'good', data: { machines, credentials, assignments, settings, eventFilters } };
}

/** The text of an inventory file: indented, one property a line, so that people and version control can read it. */
export function formatInventory(data: InventoryData): string {
  const file: v.InferOutput<typeof InventoryFile> = {
    format: 'windeck-inventory',
    version: inventoryVersion,
    settings: data.settings,
    eventFilters: [...data.eventFilters],
    credentials: [...data.credentials.values()],
    assignments: data.assignments,
    machines: [...data.machines].map(([id, settings]) => ({ id, ...settings })),
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}
