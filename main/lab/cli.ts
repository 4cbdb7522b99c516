import { parseArgs } from 'node:util';
import { defaultAuthentication, readSchemeList } from './authentication/scheme-list.ts';
import { type Fleet, type FleetOptions, startFleet } from './fleet.ts';
import type { LabReply, LabRequestMessage } from './lab-messages.ts';
import { demoTimings } from './simulated-machine.ts';
import { readStacks } from './stacks.ts';

/**
 * `npm run lab`: starts the simulated fleet, prints one JSON line when it is ready, and runs until it is interrupted. Under a parent
 * (start-lab.ts) it also takes messages, and ends with the parent.
 */

const usage =
  'usage: lab [--machines N] [--base-port P] [--seed S] [--https] [--auth ntlm|kerberos|kerberos-only|basic|certificate|digest,...] ' +
  '[--stack 1.1|2.0|3.0|omi,...] [--controllers N] [--enctypes LIST] [--renegotiate] [--latency MS] [--pending MS] [--going-down MS] [--down MS]';

function readOptions(argv: readonly string[]): FleetOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      machines: { type: 'string', default: '5' },
      'base-port': { type: 'string' },
      seed: { type: 'string', default: '1' },
      https: { type: 'boolean', default: false },
      auth: { type: 'string' },
      stack: { type: 'string' },
      controllers: { type: 'string', default: '0' },
      enctypes: { type: 'string' },
      renegotiate: { type: 'boolean', default: false },
      latency: { type: 'string', default: '0' },
      pending: { type: 'string', default: String(demoTimings.pendingMs) },
      'going-down': { type: 'string', default: String(demoTimings.goingDownMs) },
      down: { type: 'string', default: String(demoTimings.downMs) },
    },
  });
  const machines = wholeNumber('machines', values.machines, 1, 10_000);
  const basePort = values['base-port'] === undefined ? null : wholeNumber('base-port', values['base-port'], 1, 65_535);
  if (basePort !== null && basePort + machines - 1 > 65_535)
    throw new Error('--base-port leaves no room for that many machines');
  const authentication = values.auth === undefined ? defaultAuthentication : readSchemeList(values.auth, values.https);
  if (values.enctypes !== undefined && !authentication.kerberos) throw new Error('--enctypes needs --auth kerberos');
  if (values.enctypes !== undefined && !/^[a-z0-9-]+([ ,]+[a-z0-9-]+)*$/i.test(values.enctypes))
    throw new Error('--enctypes takes names such as aes256-cts-hmac-sha1-96, separated by commas');
  if (values.renegotiate && !authentication.certificate) throw new Error('--renegotiate needs --auth certificate');
  return {
    authentication,
    controllers: wholeNumber('controllers', values.controllers, 0, machines),
    enctypes: values.enctypes ?? null,
    renegotiates: values.renegotiate,
    machines,
    basePort,
    stacks: values.stack === undefined ? [] : readStacks(values.stack),
    seed: wholeNumber('seed', values.seed, 0, 4_294_967_295),
    https: values.https,
    latencyMs: wholeNumber('latency', values.latency, 0, 60_000),
    timings: {
      pendingMs: wholeNumber('pending', values.pending, 0, 600_000),
      goingDownMs: wholeNumber('going-down', values['going-down'], 0, 600_000),
      downMs: wholeNumber('down', values.down, 0, 600_000),
    },
  };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new Error(`--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
  return number;
}

async function obey(fleet: Fleet, message: LabRequestMessage): Promise<LabReply> {
  const { id } = message;
  try {
    if (message.kind === 'attempts') return { id, value: await fleet.attempts() };
    if (message.kind === 'statistics') return { id, value: fleet.statistics(message.machine) };
    if (message.kind === 'write-events') return { id, value: fleet.writeEvents(message.machine, message.events) };
    if (message.kind === 'draw-network') fleet.drawNetwork(message.machine, message.picture);
    else fleet.misbehave(message.machine, message.misbehaviour);
    return { id, value: null };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

async function main(): Promise<void> {
  let options: FleetOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`lab: ${(error as Error).message.split('\n', 1)[0]}. ${usage}\n`);
    process.exitCode = 2;
    return;
  }
  let fleet: Fleet | null = null;
  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    if (fleet === null) process.exit(0);
    fleet.close().finally(() => process.exit(0));
  };
  // Before anything is started, so that nothing is left when the parent is gone already.
  process.once('disconnect', end);
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  try {
    fleet = await startFleet(options);
  } catch (error) {
    process.stderr.write(`lab: ${(error as Error).message}\n`);
    process.exitCode = 1;
    process.off('disconnect', end);
    if (process.connected) process.disconnect();
    return;
  }
  const running = fleet;
  process.on('message', (message: LabRequestMessage) => {
    void obey(running, message).then((reply) => process.connected && process.send?.(reply));
  });
  const { machines, certificatePem, realm, clientCertificates } = running;
  const line = {
    machines,
    ...(certificatePem ? { certificatePem } : {}),
    ...(realm ? { krb5Config: realm.krb5Config, realm: realm.name } : {}),
    ...clientCertificates,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

await main();
