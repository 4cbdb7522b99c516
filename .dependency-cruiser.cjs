/**
 * Who may import whom (the table in docs/architecture.md). Paths are relative to the folder it runs in.
 * e2e/setup/canary/ holds one file per rule that breaks it; `npm run check` fails when a canary passes.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const isTest = '[.]test(-suite)?[.]tsx?$';

/** `from` may import itself and `mayImport`, nothing else of ours. Tests are free. */
const only = (name, from, mayImport, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: [isTest, '/bench/'] },
  to: { path: '^(app|main|renderer|shared|e2e)/', pathNot: [from, ...mayImport] },
});

const wsman = '^main/wsman/index[.]ts$';
const consoleFiles = '^main/[^/]+[.]ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment: 'a mistyped path would slip past every other rule',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    only('shared-is-a-leaf', '^shared/', [], 'the contract belongs to both sides'),
    only('wsman-is-a-library', '^main/wsman/', [], 'usable without the console'),
    only('storage', '^main/storage/', ['^shared/'], 'files and databases, no protocol'),
    only('sessions', '^main/sessions/', [wsman], 'one machine each; what they need of storage is handed to them'),
    only('areas', '^main/areas/', [wsman, '^main/(sessions|storage|winrm-command)/', '^shared/'], 'one topic each'),
    only(
      'winrm-command',
      '^main/winrm-command/',
      [wsman, '^main/sessions/'],
      'a language; it does not know the inventory',
    ),
    only('lab', '^main/lab/', ['^main/wsman/'], 'a peer: builds on the codecs, never on the console'),
    only(
      'console',
      consoleFiles,
      [wsman, '^main/(areas|sessions|storage|winrm-command|windeck-command)/', '^shared/'],
      'where parts are joined',
    ),
    only(
      'windeck-command',
      '^main/windeck-command/',
      [wsman, '^main/(areas|sessions|winrm-command)/', '^shared/'],
      'commands of our own; they use what the console uses',
    ),
    only(
      'web-host',
      '^main/web-host/',
      [consoleFiles, '^shared/', '^main/lab/'],
      'a host: opens the console, adds no feature',
    ),
    only(
      'app',
      '^app/',
      [consoleFiles, '^shared/', '^main/(lab|web-host)/'],
      'a host: opens the console, adds no feature',
    ),
    only('renderer', '^renderer/', ['^shared/'], 'reaches the console through the contract only'),
    only(
      'e2e',
      '^e2e/',
      [
        '^main/lab/',
        '^app/',
        '^main/web-host/',
        wsman,
        '^main/create-console[.]ts$',
        '^main/environment[.]ts$',
        '^shared/',
        '^renderer/',
      ],
      'entry points and the lab',
    ),
    {
      name: 'lab-only-from-entry-points',
      comment: 'the fleet is always a process of its own; only who starts it may name it',
      severity: 'error',
      from: {
        path: '^(app|main|renderer|shared)/',
        pathNot: ['^(app/(main|start)|main/web-host/cli)[.]ts$', '^main/lab/', isTest],
      },
      to: { path: '^main/lab/' },
    },
    {
      name: 'app-reaches-web-host-only-from-start-and-main',
      severity: 'error',
      from: { path: '^app/', pathNot: ['^app/(main|start)[.]ts$', isTest] },
      to: { path: '^main/web-host/' },
    },
    {
      name: 'electron-only-in-app',
      severity: 'error',
      from: { pathNot: ['^(app|e2e)/'] },
      to: { path: '(^|/)electron($|/)' },
    },
    {
      name: 'no-node-in-browser-code',
      severity: 'error',
      from: { path: '^(renderer|shared)/', pathNot: ['^renderer/vite[.]config[.]ts$', isTest] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-stores-call-the-host',
      comment: 'views draw what stores hold',
      severity: 'error',
      from: { path: '^renderer/(views|components|theme)/' },
      to: { path: '^renderer/host/' },
    },
    {
      name: 'declared-packages-only',
      severity: 'error',
      from: { path: '^(app|main|renderer|shared)/', pathNot: [isTest, '^renderer/vite[.]config[.]ts$'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|canary)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.css'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
