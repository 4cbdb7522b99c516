/** Test support: a relay on 127.0.0.1 in front of a machine that keeps what the client sends, to look into it afterwards. */
import net from 'node:net';

export interface AuthorizationRecorder {
  readonly port: number;
  /** Every Authorization value that was sent so far: its scheme, and what stands behind it with base64 undone. */
  values(): readonly { readonly scheme: string; readonly bytes: Buffer }[];
  close(): Promise<void>;
}

/** `NTLMSSP\0`, and 1.3.6.1.4.1.311.2.2.10 in DER. Neither may be in a token where NTLM is not allowed. */
export const ntlmMarks = [
  Buffer.from('NTLMSSP\0', 'latin1'),
  Buffer.from('060a2b06010401823702020a', 'hex'),
  Buffer.from('2b06010401823702020a', 'hex'),
];

/** Plain HTTP only: what goes through TLS is not readable from between. */
export async function recordAuthorization(port: number, host = '127.0.0.1'): Promise<AuthorizationRecorder> {
  const sent: Buffer[][] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const target = net.connect({ host, port });
    const heard: Buffer[] = [];
    sent.push(heard);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => {});
    }
    client.on('data', (chunk: Buffer) => void heard.push(chunk));
    client.pipe(target);
    target.pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    values: () =>
      sent.flatMap((chunks) =>
        [
          ...Buffer.concat(chunks)
            .toString('latin1')
            .matchAll(/^Authorization: *(\S+) ?([^\r\n]*)\r$/gim),
        ].map(([, scheme, value]) => ({ scheme: scheme ?? '', bytes: Buffer.from(value ?? '', 'base64') })),
      ),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
