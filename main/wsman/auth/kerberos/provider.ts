/** Kerberos through GSS-API: the door of this folder for the rest of the library, and for the lab. */
import type { MechContext } from '../security-context.ts';
import {
  createAcceptorContext,
  createInitiatorContext,
  type KerberosAcceptor,
  type KerberosAcceptorOptions,
  type KerberosInitiatorOptions,
} from './context.ts';
import { loadGss } from './library.ts';

export type { KerberosAcceptor, KerberosAcceptorOptions, KerberosInitiatorOptions } from './context.ts';
export type { KerberosSignIn } from './credentials.ts';
export { forgetTickets } from './credentials.ts';
export { kerberosAvailability } from './library.ts';

/** The client's side. `step` may ask the KDC. Throws AuthenticationError 'library-missing'; `step` throws all other reasons, with evidence. */
export async function createKerberosInitiator(options: KerberosInitiatorOptions): Promise<MechContext> {
  return createInitiatorContext(await loadGss(), options);
}

/** The service's side, for the lab. */
export async function createKerberosAcceptor(options: KerberosAcceptorOptions): Promise<KerberosAcceptor> {
  return createAcceptorContext(await loadGss(), options);
}
