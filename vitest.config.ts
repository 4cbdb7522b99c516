import { defineConfig } from 'vitest/config';

/**
 * Three suites, by file name:
 *   unit  *.test.ts        no lab, no system package; part of `npm run check`
 *   lab   *.lab.test.ts    client against the lab on real sockets
 *   peer  *.peer.test.ts   against software that nobody here wrote (pywinrm, gss-ntlmssp)
 */
const common = { exclude: ['**/node_modules/**', '**/dist/**'], testTimeout: 20_000, hookTimeout: 60_000 };
const folders = '{app,main,renderer,shared,e2e}/**';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: [`${folders}/*.test.{ts,tsx}`],
          exclude: [...common.exclude, '**/*.lab.test.ts', '**/*.peer.test.ts'],
        },
      },
      { test: { ...common, name: 'lab', include: [`${folders}/*.lab.test.ts`] } },
      { test: { ...common, name: 'peer', include: [`${folders}/*.peer.test.ts`] } },
    ],
  },
});
