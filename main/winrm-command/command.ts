/**
 * What a command line means, as plain values: parse.ts makes them, run.ts carries them out. The Console view and the `windeck` command
 * share both. Words and rules are those of winrm.cmd as Windows ships it.
 */

import type { AssociationQuery } from '../wsman/index.ts';

/** `json` and `table` are ours, the others winrm's. */
export const formats = ['text', 'xml', 'pretty', 'json', 'table'] as const;
export type Format = (typeof formats)[number];

/** Names and values that pick one instance, in the order in which they were typed. */
export type Selectors = readonly (readonly [name: string, value: string])[];

/** A resource URI with its aliases expanded, and its selectors. */
export interface Resource {
  readonly resourceUri: string;
  readonly selectors?: Selectors;
}

/** Where `-r:` points to. */
export interface Endpoint {
  /** Name or address; IPv6 without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly transport: 'http' | 'https';
  /** URL path with its leading slash. */
  readonly path: string;
}

/** Where the password comes from. A given one never leaves this value except into a security context. */
export type PasswordSource =
  | { readonly kind: 'given'; readonly value: string }
  /** `-p:-`: the first line of standard input. */
  | { readonly kind: 'standard-input' }
  /** `-u` without `-p`. */
  | { readonly kind: 'ask' };

/** `-auth`, as far as this version has it. */
export const schemes = ['none', 'basic', 'digest', 'kerberos', 'negotiate', 'certificate'] as const;
export type Scheme = (typeof schemes)[number];

/** How to sign in: the switches that are about it, or what winrm does without them. */
export interface Authentication {
  readonly scheme: Scheme;
  /** The line says so; otherwise winrm's rule has chosen, and another may be tried where nobody could sign in. */
  readonly chosen: boolean;
  /** `-certificate`: a PEM or PFX file. Null exactly where the scheme is another. */
  readonly certificateFile: string | null;
  /** `-SPNPort`. */
  readonly spnWithPort: boolean;
}

/** The switches that every operation has. */
export interface Connection {
  readonly endpoint: Endpoint;
  /** False where `-r` is absent: then the machine is this one. */
  readonly remote: boolean;
  readonly authentication: Authentication;
  /** Null: the user who is signed in here, unless scheme or environment say otherwise. */
  readonly userName: string | null;
  /** Null exactly where there is no user name. */
  readonly password: PasswordSource | null;
  /** `-unencrypted`: clear text may go out, for this one command. */
  readonly unencrypted: boolean;
  /** `-trusted`: NTLM may go over plain HTTP to another machine, for this one command. */
  readonly trusted: boolean;
  readonly skipNameCheck: boolean;
  readonly skipAuthorityCheck: boolean;
  /** `-timeout`, milliseconds; null: the usual 60 s. */
  readonly timeoutMs: number | null;
  /** `-encoding`: how requests are written. */
  readonly encoding: 'UTF-8' | 'UTF-16';
}

/** What an enumeration is narrowed by. */
export type EnumerationFilter =
  | { readonly dialect: 'wql'; readonly text: string }
  | { readonly dialect: 'selector'; readonly selectors: Selectors }
  | { readonly dialect: 'association'; readonly query: AssociationQuery };

/** One `KEY="VALUE"` of `@{…}`; null for `$null`. */
export type InputPair = readonly [name: string, value: string | null];

/** What a set, create or invoke sends: pairs of the line, or the XML of a file as it is. */
export type Input =
  | { readonly kind: 'pairs'; readonly pairs: readonly InputPair[] }
  | { readonly kind: 'file'; readonly path: string };

/** `-fragment`, and how it is written where that is not XPath. */
export interface Fragment {
  readonly path: string;
  readonly dialect: string | null;
}

interface Common {
  readonly connection: Connection;
  readonly format: Format;
}
interface OfResource extends Common {
  readonly resource: Resource;
  /** `-options`. */
  readonly options: readonly InputPair[];
}

export type WinrmCommand =
  | ({ readonly verb: 'identify' } & Common)
  | ({ readonly verb: 'get'; readonly fragment: Fragment | null } & OfResource)
  | ({ readonly verb: 'set'; readonly fragment: Fragment | null; readonly input: Input } & OfResource)
  | ({ readonly verb: 'create'; readonly input: Input } & OfResource)
  | ({ readonly verb: 'delete' } & OfResource)
  | ({
      readonly verb: 'enumerate';
      readonly filter: EnumerationFilter | null;
      readonly returnType: 'object' | 'epr' | 'objectandepr';
      readonly hierarchy: 'deep' | 'shallow' | 'base-properties';
    } & OfResource)
  | ({
      readonly verb: 'invoke';
      /** Method name or full action URI, as typed. */
      readonly method: string;
      readonly input: Input;
    } & OfResource)
  | ({
      readonly verb: 'quickconfig';
      readonly transport: 'http' | 'https';
      /** Do not ask. */
      readonly quiet: boolean;
      /** Also where the network profile is public. */
      readonly force: boolean;
    } & Common)
  | ({
      readonly verb: 'configsddl';
      /** The resource whose plug-in grants access; null for `default`, the service's own RootSDDL. */
      readonly resourceUri: string | null;
      /** Null: print it. */
      readonly sddl: string | null;
    } & Common);

export type Command =
  | WinrmCommand
  | { readonly verb: 'helpmsg'; readonly code: number }
  | { readonly verb: 'completion'; readonly shell: 'bash' | 'zsh' | 'powershell' }
  /** Asked by the completion scripts: what may stand at the end of this line. */
  | { readonly verb: 'complete'; readonly line: string }
  | { readonly verb: 'help'; readonly topic: string }
  | { readonly verb: 'version' };

/** The line cannot be carried out as it stands. `message` is one or two sentences for whoever typed it; it never repeats a password. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
  /** 1 as winrm; 2 where the line does not even name a command of ours. */
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
