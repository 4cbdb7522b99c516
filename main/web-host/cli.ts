import { parseArgs } from 'node:util';
import { createConsole } from '../create-console.ts';
import { demoMachines } from '../host-environment.ts';
import { startLab } from '../lab/start-lab.ts';
import { runWebHost, type WebHostOptions } from './run.ts';

/** `npm run web -- [--port P] [--no-open] [--demo]`: the console for a browser on this computer. */

const usage = 'Usage: npm run web -- [--port P] [--no-open] [--demo]';

function readArguments(): WebHostOptions {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'no-open': { type: 'boolean', default: false },
      demo: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) throw new Error('--port takes a number from 0 to 65535.');
  return { port, open: !values['no-open'], demo: values.demo };
}

let options: WebHostOptions | undefined;
try {
  options = readArguments();
} catch (error) {
  process.stderr.write(`${(error as Error).message.split('\n')[0]} ${usage}\n`);
}
process.exit(
  options === undefined ? 1 : await runWebHost(options, createConsole, () => startLab({ machines: demoMachines })),
);
