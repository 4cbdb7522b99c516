import { createInterface } from 'node:readline';
import { utilityProcess } from 'electron';
import type { LabFleet } from '../main/environment.ts';

const startLimitMs = 60_000;
const endLimitMs = 2_000;

/**
 * Starts the simulated fleet as an Electron utility process. A child process would need Electron to run as Node, which the packaged
 * application does not allow (the fuse RunAsNode is off). Throws with the lab's own words where it does not start.
 */
export async function startLabProcess(script: string, labArguments: readonly string[]): Promise<LabFleet> {
  const child = utilityProcess.fork(script, [...labArguments], { serviceName: 'Windeck lab', stdio: 'pipe' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4000);
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const line = await new Promise<string>((resolve, reject) => {
      if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', resolve);
      void exited.then(() => reject(new Error(`The lab ended before it was ready. ${complaint}`.trim())));
      timer = setTimeout(() => reject(new Error('The lab was not ready in time.')), startLimitMs);
    });
    child.stdout?.resume();
    const { machines } = JSON.parse(line) as Pick<LabFleet, 'machines'>;
    return {
      machines,
      async close() {
        child.kill();
        await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, endLimitMs).unref())]);
      },
    };
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
