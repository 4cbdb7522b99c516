/**
 * The lines of the article that name a machine, each as the one argument of a `windeck` process. As printed: the placeholder becomes an address,
 * and user and password are put behind, since nobody here has a ticket.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from '../lab/start-lab.ts';

const placeholder = /<some (?:machine|computer)>|(?<=[-–]r:)machinename/;
const lines = ['article-lines.txt', 'article-setup-lines.txt'].flatMap((name) =>
  readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    // The two of PowerShell are its own to run.
    .filter((line) => placeholder.test(line) && !line.startsWith('[')),
);

let lab: Lab;
let cacheHome: string;
beforeAll(async () => {
  cacheHome = mkdtempSync(join(tmpdir(), 'windeck-article-'));
  lab = await startLab({ machines: 1, stacks: ['3.0'], pendingMs: 20, goingDownMs: 50, downMs: 300 });
});
afterAll(async () => {
  await lab?.close();
  rmSync(cacheHome, { recursive: true, force: true });
});

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function windeck(line: string): Promise<Ended> {
  const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
  return new Promise((resolve) => {
    const options = { timeout: 25_000, env: { ...process.env, XDG_CACHE_HOME: cacheHome } };
    const child = execFile(process.execPath, [cli, line], options, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
    child.stdin!.end();
  });
}

/** Of winrs the command comes last, so there the switches stand in front. */
function signedIn(line: string): string {
  const { address, port, user, password } = lab.machines[0]!;
  const addressed = line.replace(placeholder, `${address}:${port}`);
  const who = `-u:${user} -p:"${password}"`;
  return line.startsWith('winrs ') ? addressed.replace(/^winrs /, `winrs ${who} `) : `${addressed} ${who}`;
}

const effects: readonly (readonly [line: RegExp, stdout: RegExp, stderr?: RegExp])[] = [
  [/^winrm id /i, /^IdentifyResponse\n[\s\S]*ProductVendor = Microsoft Corporation\n/],
  [/ winrm\/config /i, /^Config\n[\s\S]* {8}AllowRemoteShellAccess = true/],
  [/ get wmicimv2\/Win32_Service\?Name=WinRM /, /^Win32_Service\n[\s\S]* {4}State = Running\n/],
  [
    / -fragment:(LoadPercentage|FreePhysicalMemory) /,
    /^XmlFragment\n {4}(LoadPercentage|FreePhysicalMemory) = \d+\n\n$/,
  ],
  [/ stopservice .*w32time/, /^StopService_OUTPUT\n {4}ReturnValue = 0\n\n$/],
  [/ startservice .*w32time/, /^StartService_OUTPUT\n {4}ReturnValue = 0\n\n$/],
  [/ StartService .*WinRM/, /^StartService_OUTPUT\n {4}ReturnValue = 10\n\n$/, /the service is already running/],
  [/ reboot /, /^Reboot_OUTPUT\n {4}ReturnValue = 0\n\n$/],
  [/ dir$/, /Directory of C:\\Users\\Administrator\r\n/],
  [/ msiexec\.exe .* \/quiet$/, /^$/],
  [/ ipconfig \/all$/, /Windows IP Configuration/],
];

test('there are fourteen of them', () => {
  expect(lines).toHaveLength(14);
});

// The restart last: the others are for a machine that is there.
const isReboot = (line: string): boolean => / reboot /.test(line);
for (const line of lines.toSorted((a, b) => Number(isReboot(a)) - Number(isReboot(b)))) {
  test(line, { timeout: 30_000 }, async () => {
    const [, stdout, stderr = /^$/] = effects.find(([pattern]) => pattern.test(`${line}`)) ?? [];
    expect(stdout, `there is an effect for ${line}`).toBeDefined();
    // A service that still stops cannot be started.
    if (/ startservice .*w32time/.test(line)) await stopped();
    const ended = await windeck(signedIn(line));
    expect(ended.stderr).toMatch(stderr);
    expect(ended.stdout).toMatch(stdout!);
    expect(ended.exitCode).toBe(0);
  });
}

async function stopped(): Promise<void> {
  const line = 'winrm get wmicimv2/Win32_Service?Name=W32Time -fragment:State -r:<some machine>';
  const state = async (): Promise<string> => (await windeck(signedIn(line))).stdout;
  await expect.poll(state, { timeout: 15_000, interval: 100 }).toContain('State = Stopped');
}
