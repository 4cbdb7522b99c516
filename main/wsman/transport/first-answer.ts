import { CancelledError } from '../errors.ts';
import type { Target } from '../target.ts';
import { createHttpChannel } from './http-channel.ts';
import { excerptOf, headerValue, requestHeadStart } from './http-message.ts';
import { SOAP_CONTENT_TYPE } from './message-encryption.ts';
import { openSocket } from './open-socket.ts';
import { offeredBy } from './www-authenticate.ts';

/** What a target says to whoever has not signed in and asks for nothing. Its texts are data. */
export interface FirstAnswer {
  readonly status: number;
  /** Schemes of the WWW-Authenticate headers, in its order. */
  readonly offered: readonly string[];
  readonly server: string | null;
  readonly contentType: string | null;
  /** Where it sends us instead. */
  readonly location: string | null;
  /** Who passed it on. */
  readonly via: string | null;
  /** Beginning of its body, fit to be shown. */
  readonly excerpt: string;
}

/**
 * The answer to an empty POST without credentials: who listens there, and the schemes that are offered (the challenges of a 401). Nothing is
 * sent before the certificate is accepted. Throws TransportError, CertificateError, ProtocolError for what is no HTTP, CancelledError.
 */
export async function firstAnswer(
  target: Pick<Target, 'host' | 'port' | 'transport' | 'path' | 'tls'>,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<FirstAnswer> {
  const { host, port, path } = target;
  const tls = target.transport === 'https' ? target.tls : null;
  const opened = await openSocket({ host, port, tls, timeoutMs, signal });
  const channel = createHttpChannel(opened, requestHeadStart(host, port, path), () => {});
  try {
    const { status, headers, body, ...rest } = await channel.roundTrip({
      headers: `Content-Type: ${SOAP_CONTENT_TYPE}\r\n`,
      body: new Uint8Array(),
      timeoutMs,
      signal,
      lengthless: 'empty',
    });
    const text = (name: string) => headerValue(headers, name)?.slice(0, 200) ?? null;
    return {
      status,
      offered: offeredBy({ status, headers, body, ...rest }),
      server: text('server'),
      contentType: text('content-type'),
      location: text('location'),
      via: text('via'),
      excerpt: excerptOf(body),
    };
  } finally {
    channel.destroy(new CancelledError('It was only asked who is there.'));
  }
}
