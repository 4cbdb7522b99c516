/**
 * For crash-output.lab.test.ts, as a process of its own that dies amid its work: it holds a password (from standard input), is signed in to
 * one machine, was refused by another, and then throws what it has at hand. Argument: how it dies.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createClient, type Target, WSManError } from './wsman/index.ts';

const [how = ''] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin });
const [line] = (await once(lines, 'line')) as [string];
const { machine, password, rightPassword } = JSON.parse(line) as {
  readonly machine: { readonly address: string; readonly port: number; readonly user: string };
  readonly password: string;
  readonly rightPassword: string;
};
lines.close();

const targetOf = (secret: string): Target => ({
  host: machine.address,
  port: machine.port,
  transport: 'http',
  path: '/wsman',
  authentication: 'ntlm',
  userName: machine.user,
  password: async () => secret,
  trusted: true,
  allowClearText: false,
  tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
});
const client = createClient(targetOf(rightPassword));
await client.identify();
const refused = createClient(targetOf(password));
const error = await refused.identify().catch((cause: unknown) => cause);
if (!(error instanceof WSManError)) throw new Error('the wrong password was not refused');
process.stdout.write('dying\n');
switch (how) {
  case 'refusal':
    throw error;
  case 'mistake':
    // A mistake of ours that drags along whatever it was working with.
    throw Object.assign(new TypeError('a mistake', { cause: error }), { client, refused, target: targetOf(password) });
  case 'rejection':
    void Promise.reject(Object.assign(new Error('nobody listens', { cause: error }), { clients: [client, refused] }));
    break;
  case 'abort':
    process.abort();
}
