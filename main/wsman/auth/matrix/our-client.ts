/** Test support: our client as far as authentication reaches, from a machine's policy to its socket, with one SOAP message. */
import { AuthenticationError } from '../../errors.ts';
import type { Target } from '../../target.ts';
import { createConnection } from '../../transport/connection.ts';
import { type ConnectionSecurity, createConnectionPool, type WireResponse } from '../../transport/connection-pool.ts';
import { systemMechanisms } from '../initiator.ts';

export interface Answer {
  readonly response: WireResponse;
  readonly soap: string;
  readonly security: ConnectionSecurity | null;
}
export interface AskOptions {
  readonly form?: 'raw' | 'spnego';
  /** The machine is known to offer scheme `Kerberos`. */
  readonly bareKerberos?: boolean;
}

/** One question by our own client, from the policy down to the socket. Throws what the client throws. */
export async function ask(
  target: Target,
  message: string,
  { form = 'raw', bareKerberos = false }: AskOptions = {},
): Promise<Answer> {
  const request = {
    body: message,
    action: 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get',
    anonymous: false,
    changesTarget: false,
    timeoutMs: 15_000,
    progress: { bodySent: false },
  };
  const soapOf = (response: WireResponse) => Buffer.from(response.body).toString('utf8');
  if (bareKerberos) {
    const learned = {
      form,
      scheme: 'Kerberos' as const,
      spn: null,
      withoutKerberos: null,
      bodyRides: false,
      affinityCookie: null,
      digestChallenge: null,
    };
    const connection = createConnection({
      target,
      learned,
      mechanisms: systemMechanisms,
      connectTimeoutMs: 10_000,
      onClosed: () => {},
    });
    try {
      const outcome = await connection.exchange(request, 0);
      if (outcome.again !== undefined) throw new Error(`the target wants it otherwise: ${outcome.again}`);
      return { response: outcome.response, soap: soapOf(outcome.response), security: connection.security };
    } finally {
      connection.destroy(new AuthenticationError('The test is over.', { reason: 'policy' }));
    }
  }
  const pool = createConnectionPool(target, { maxConnections: 1, connectTimeoutMs: 10_000, negotiateForm: form });
  try {
    const response = await pool.exchange(request);
    return { response, soap: soapOf(response), security: pool.security() };
  } finally {
    pool.close();
  }
}
