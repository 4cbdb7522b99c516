/**
 * A gate before a TLS client that holds a certificate of its own. In TLS 1.2 the client's second flight carries that certificate, before
 * node:tls says anything about the server's: so the flight waits here for the verdict. Node's own way is too late for that, since it lets
 * a handshake finish whatever the server's certificate is, and only then reports.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** First octet of a TLS record: an alert, which holds no certificate and says why a handshake failed (RFC 5246 6.2.1). */
const ALERT = 21;

/**
 * `judge` runs once, when the server's certificate is known and ours is about to leave; what it throws ends the connection, and nothing
 * after the ClientHello has been sent then. The gate and `socket` end each other.
 */
export function createHandshakeGate(socket: Socket, judge: () => void): Duplex {
  let isHelloSent = false;
  let isOpen = false;
  const gate = new Duplex({
    // Ends are the TLS layer's affair; half-open is not.
    allowHalfOpen: false,
    read: () => socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      if (isHelloSent && !isOpen && chunk[0] !== ALERT) {
        try {
          judge();
        } catch (cause) {
          done(cause as Error);
          return;
        }
        isOpen = true;
      }
      isHelloSent = true;
      socket.write(chunk, done);
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    if (!gate.push(chunk)) socket.pause();
  });
  let hasEnded = false;
  socket.on('end', () => {
    hasEnded = true;
    gate.push(null);
  });
  socket.on('error', (error) => gate.destroy(error));
  socket.on('close', () => {
    // After an orderly end, what has come may still be waiting to be read.
    if (!hasEnded) gate.destroy();
  });
  return gate;
}
