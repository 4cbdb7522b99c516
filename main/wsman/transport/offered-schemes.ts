import { CancelledError } from '../errors.ts';
import type { Target } from '../target.ts';
import { createHttpChannel } from './http-channel.ts';
import { requestHeadStart } from './http-message.ts';
import { SOAP_CONTENT_TYPE } from './message-encryption.ts';
import { openSocket } from './open-socket.ts';
import { offeredBy } from './www-authenticate.ts';

/**
 * The schemes that a target offers to whoever has not signed in (the challenges of its 401 to an empty POST), in its order; empty where it
 * answers anything else. Nothing is sent before its certificate is accepted. Throws TransportError, CertificateError, CancelledError.
 */
export async function offeredSchemes(
  target: Pick<Target, 'host' | 'port' | 'transport' | 'path' | 'tls'>,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<readonly string[]> {
  const { host, port, path } = target;
  const tls = target.transport === 'https' ? target.tls : null;
  const opened = await openSocket({ host, port, tls, timeoutMs, signal });
  const channel = createHttpChannel(opened, requestHeadStart(host, port, path), () => {});
  try {
    const answer = await channel.roundTrip({
      headers: `Content-Type: ${SOAP_CONTENT_TYPE}\r\n`,
      body: new Uint8Array(),
      timeoutMs,
      signal,
      lengthless: 'empty',
    });
    return answer.status === 401 ? offeredBy(answer) : [];
  } finally {
    channel.destroy(new CancelledError('It was only asked what it offers.'));
  }
}
