/** `npm run setup`: installs the system packages that tests need where it may, else prints the exact line and fails. */
import { existsSync } from 'node:fs';
import { installLine, missingPackages } from './packages.ts';
import { run } from './run.ts';

const missing = await missingPackages();
if (missing.packages.length === 0) {
  console.log('Everything that the tests need is installed.');
  process.exit(0);
}
console.log(`Missing: ${missing.what.join('; ')}.`);

const line = installLine(missing.packages);
const isRoot = process.getuid?.() === 0;
const sudo = !isRoot && (await run('sudo', ['-n', 'true'], { quiet: true, timeoutSeconds: 20 })).code === 0;
if (!existsSync('/usr/bin/apt-get') || !(isRoot || sudo)) {
  console.error(`This cannot be installed from here. On Debian or Ubuntu, as root, run:\n  ${line}`);
  process.exit(1);
}

const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
const installed = await run(sudo ? 'sudo' : 'sh', sudo ? ['-n', 'sh', '-c', line] : ['-c', line], {
  env,
  timeoutSeconds: 1800,
});
const left = await missingPackages();
if (installed.code !== 0 || left.packages.length > 0) {
  console.error(
    `Still missing: ${left.what.join('; ') || 'nothing, but the installation ended with an error'}. The line was:\n  ${line}`,
  );
  process.exit(1);
}
console.log('Installed.');
