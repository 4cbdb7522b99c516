/** `npm run bench`: one JSON line per figure. Each file measures in a process of its own; `npm run bench -- operation` runs one. */
import { run } from '../setup/run.ts';

const files = ['operation', 'sign-in', 'decode', 'fleet', 'table', 'shell', 'files'];
const wanted = process.argv.slice(2);
let failed = 0;
for (const file of files.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  const result = await run(process.execPath, ['--expose-gc', `e2e/bench/${file}.ts`], { timeoutSeconds: 300 });
  if (result.code !== 0) {
    failed += 1;
    console.error(`bench ${file} ended with code ${result.code}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
