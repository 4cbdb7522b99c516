import { parseArgs } from 'node:util';
import { type Fleet, type FleetOptions, startFleet } from './fleet.ts';
import type { LabReply, LabRequestMessage } from './lab-messages.ts';
import { demoTimings } from './simulated-machine.ts';

/**
 * `npm run lab`: starts the simulated fleet, prints one JSON line when it is ready, and runs until it is interrupted. Under a parent
 * (start-lab.ts) it also takes messages, and ends with the parent.
 */

const usage =
  'usage: lab [--machines N] [--base-port P] [--seed S] [--https] [--latency MS] [--pending MS] [--going-down MS] [--down MS]';

function readOptions(argv: readonly string[]): FleetOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      machines: { type: 'string', default: '5' },
      'base-port': { type: 'string' },
      seed: { type: 'string', default: '1' },
      https: { type: 'boolean', default: false },
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
  return {
    machines,
    basePort,
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

function obey(fleet: Fleet, message: LabRequestMessage): LabReply {
  try {
    if (message.kind === 'misbehave') {
      fleet.misbehave(message.machine, message.misbehaviour);
      return { id: message.id, statistics: null };
    }
    return { id: message.id, statistics: fleet.statistics(message.machine) };
  } catch (error) {
    return { id: message.id, error: error instanceof Error ? error.message : String(error) };
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
  // Before anything is started, so that nothing is left when the parent is gone already.
  process.once('disconnect', () => process.exit(0));
  let fleet: Fleet;
  try {
    fleet = await startFleet(options);
  } catch (error) {
    process.stderr.write(`lab: ${(error as Error).message}\n`);
    process.exitCode = 1;
    if (process.connected) process.disconnect();
    return;
  }
  const end = (): void => {
    fleet.close().finally(() => process.exit(0));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  process.on('message', (message: LabRequestMessage) => process.send?.(obey(fleet, message)));
  const { machines, certificatePem } = fleet;
  process.stdout.write(`${JSON.stringify({ machines, ...(certificatePem ? { certificatePem } : {}) })}\n`);
}

await main();
