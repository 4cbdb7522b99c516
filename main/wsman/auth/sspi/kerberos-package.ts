/**
 * The few calls of the npm package `kerberos` 7.0.0 that this folder uses, as its C++ for Windows reads them (src/win32 there). Its own
 * index.d.ts is of no use: it names options that nobody reads (`gssFlag`, `pass`) and leaves out those that are (`flags`, `domain`,
 * `password`). All texts are base64.
 */
import { AuthenticationError } from '../../errors.ts';

/** `mechOID`: 6 is the security package Negotiate, everything else Kerberos. */
export const SecurityPackage = { Negotiate: 6, Kerberos: 9 } as const;

/** ISC_REQ_* of InitializeSecurityContext (sspi.h), to which `flags` goes as it is. The package's own GSS_C_INTEG_FLAG means another thing there. */
export const Requirement = {
  delegate: 0x1,
  mutualAuthentication: 0x2,
  replayDetection: 0x4,
  sequenceDetection: 0x8,
  confidentiality: 0x10,
  integrity: 0x1_0000,
} as const;

export interface InitializeOptions {
  readonly mechOID: number;
  readonly flags: number;
  /** Absent or empty: the signed-in user. */
  readonly user?: string;
  readonly domain?: string;
  readonly password?: string;
}

/** One security context. Calls must not overlap: the C++ keeps the result of the last one in the context. */
export interface KerberosClient {
  /** Set with the last step that SSPI called final (SEC_E_OK), and only then; `contextComplete` is true after the first step already. */
  readonly username: string | null;
  /** Empty for the first step. Null: nothing is to be sent. */
  step(token: string): Promise<string | null>;
  /** TOKEN, DATA and PADDING of EncryptMessage, one after the other. Only `protect` encrypts, and `options` must not be left out. */
  wrap(plain: string, options: { readonly protect: true }): Promise<string>;
  /** What was wrapped must not be empty: that ends the process ("Error in native callback"). */
  unwrap(sealed: string): Promise<string>;
}

export interface KerberosPackage {
  initializeClient(spn: string, options: InitializeOptions): Promise<KerberosClient>;
}

/** Loads the package where it is first needed. Throws AuthenticationError 'library-missing'. */
export async function loadKerberosPackage(name = 'kerberos'): Promise<KerberosPackage> {
  // By a variable: the package is optional, and its types are not to be looked at.
  try {
    const loaded = (await import(name)) as { readonly default: KerberosPackage };
    return loaded.default;
  } catch (cause) {
    throw new AuthenticationError(
      'Kerberos and the signed-in user need the npm package kerberos on Windows, which is not installed or cannot be loaded: npm install kerberos. Every other way to sign in still works.',
      { reason: 'library-missing', evidence: { mechanism: 'Kerberos' }, cause },
    );
  }
}
