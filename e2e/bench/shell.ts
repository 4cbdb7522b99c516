/**
 * The shell pane without its window: the console in this process, asked by its contract over a port in memory; the lab in a process of its own,
 * with an injected round trip. What a key costs on the screen is measured in Chromium, at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from '@playwright/test';
import { createConsole } from '../../main/create-console.ts';
import { labTarget } from '../../main/lab/lab-target.ts';
import { type LabMachine, startLab } from '../../main/lab/start-lab.ts';
import { ensureBuilt, rendererFolder } from '../../main/web-host/ensure-built.ts';
import { startWebHost } from '../../main/web-host/server.ts';
import { createClient, openShell } from '../../main/wsman/index.ts';
import { type ConsoleClient, contract } from '../../shared/contract/contract.ts';
import type { ShellEvent, ShellInput } from '../../shared/contract/remote-shell.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import type { Channel } from '../../shared/rpc/endpoint.ts';
import { memoryPortPair } from '../../shared/rpc/memory-port.ts';
import { median, percentile, print } from './figure.ts';

const lines = 40;
const megabyte = 1024 * 1024;
const floodLine = Array.from({ length: 4 }, () => 'type C:\\Setup\\large.txt').join(' & ');
const floodBytes = 256 * megabyte;

const lab = await startLab({ machines: 1, stacks: ['3.0'], seed: 7 });
const machine = lab.machines[0]!;
const folder = mkdtempSync(join(tmpdir(), 'windeck-bench-shell-'));
const opened = await createConsole({
  version: '0.0.0',
  host: 'browser',
  dataFolder: folder,
  demo: false,
  log: () => {},
  startLab: () => Promise.reject(new Error('not asked for')),
});
const [ours, theirs] = memoryPortPair();
opened.serve(ours);
const client = connectClient(theirs, contract);

interface Shell {
  readonly channel: Channel<Uint8Array | ShellEvent, ShellInput>;
  /** Calls back with every item, until it returns true. */
  until(fits: (item: Uint8Array | ShellEvent) => boolean): Promise<void>;
  type(line: string): void;
}

async function open(console: ConsoleClient, machineId: string): Promise<Shell> {
  const channel = console.remoteShell.open({
    machineId,
    kind: 'cmd',
    configurationName: null,
    codePage: null,
    columns: 120,
    rows: 30,
  });
  const items = channel[Symbol.asyncIterator]();
  const shell: Shell = {
    channel,
    async until(fits) {
      for (;;) {
        const { value, done } = await items.next();
        if (done === true) throw new Error('the shell has ended');
        if (fits(value)) return;
      }
    },
    type: (line) => void channel.send(new TextEncoder().encode(`${line}\n`)),
  };
  await shell.until(isIdle);
  return shell;
}

const memory = (): number => {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
};

const isIdle = (item: Uint8Array | ShellEvent): boolean =>
  !(item instanceof Uint8Array) && item.kind === 'state' && item.state === 'idle';

try {
  const credential = await client.credentials.save({
    id: null,
    name: 'bench',
    credential: { kind: 'password', userName: machine.user, password: machine.password },
  });
  const { name, address, port } = machine;
  const { id } = await client.machines.add({
    name,
    address,
    transport: 'http',
    port,
    path: 'wsman',
    signIn: 'negotiate',
    spn: { serviceClass: null, host: null, withPort: false },
    delegate: false,
    credentialId: credential.id,
    trusted: true,
    allowClearText: false,
    pin: null,
    tags: [],
  });
  for (const roundTrip of [0, 20, 100]) for (const pause of [0, 300]) await echo(id, roundTrip, pause);
  await flood(id);
  await ensureBuilt();
  await onTheScreen();
} finally {
  theirs.close('The figures are there.');
  await opened.close();
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Enter → first byte of the answer; typed at once at the prompt, as a paste is, or after a pause, as a person does. */
async function echo(id: string, roundTrip: number, pause: number): Promise<void> {
  const shell = await open(client, id);
  await lab.misbehave(machine.name, roundTrip === 0 ? null : { kind: 'latency', milliseconds: roundTrip });
  const times: number[] = [];
  for (let n = 0; n < lines; n++) {
    const began = performance.now();
    shell.type(`echo ${n}`);
    let first = 0;
    await shell.until((item) => {
      if (first === 0 && item instanceof Uint8Array) first = performance.now();
      return isIdle(item);
    });
    times.push(first - began);
    await sleep(pause);
  }
  await lab.misbehave(machine.name, null);
  shell.channel.cancel();
  for (const [name, value] of [
    ['p50', median(times)],
    ['p95', percentile(times, 95)],
  ] as const) {
    print({
      name: `shell: Enter to the first byte of the answer, ${pause === 0 ? 'line upon line' : 'after a pause'}, ${name}, round trip ${roundTrip} ms`,
      value,
      unit: 'ms',
      reference: roundTrip === 0 ? null : `the injected round trip of ${roundTrip} ms`,
      ratio: roundTrip === 0 ? null : value / roundTrip,
      goal: name === 'p95' && pause > 0 ? 'round trip + 10 ms' : null,
    });
  }
}

/** 256 MiB through the whole of it, beside a bare Receive loop; what they cost in memory; how soon Ctrl+C ends them. */
async function flood(id: string): Promise<void> {
  const bare = await bareLoop(machine);
  const shell = await open(client, id);
  globalThis.gc?.();
  const before = memory();
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, memory() - before);
  }, 20);
  let bytes = 0;
  const began = performance.now();
  shell.type(floodLine);
  await shell.until((item) => {
    if (item instanceof Uint8Array) bytes += item.length;
    return isIdle(item);
  });
  const seconds = (performance.now() - began) / 1000;
  clearInterval(watch);
  if (bytes < floodBytes) throw new Error(`only ${bytes} of ${floodBytes} bytes came`);
  globalThis.gc?.();
  const rate = bytes / megabyte / seconds;
  print({
    name: 'shell: output of 256 MiB through the contract',
    value: rate,
    unit: 'MiB/s',
    reference: 'a bare Receive loop in the same process',
    ratio: rate / bare,
    goal: null,
  });
  print({
    name: 'shell: memory over the start while 256 MiB pass (heap, buffers), peak',
    value: most / megabyte,
    unit: 'MiB',
    reference: null,
    ratio: null,
    goal: 'does not grow with the output',
  });
  print({
    name: 'shell: memory over the start behind 256 MiB, collected',
    value: (memory() - before) / megabyte,
    unit: 'MiB',
    reference: null,
    ratio: null,
    goal: null,
  });

  const stops: number[] = [];
  for (let n = 0; n < 3; n++) {
    let taken = 0;
    shell.type(floodLine);
    await shell.until((item) => {
      if (item instanceof Uint8Array) taken += item.length;
      return taken > 8 * megabyte;
    });
    const asked = performance.now();
    void shell.channel.send({ kind: 'interrupt', signal: 'ctrl_c' });
    await shell.until(isIdle);
    stops.push(performance.now() - asked);
  }
  shell.channel.cancel();
  print({
    name: 'shell: Ctrl+C in a flood to the next prompt, slowest of 3',
    value: Math.max(...stops),
    unit: 'ms',
    reference: null,
    ratio: null,
    goal: '1,000 ms',
  });
}

async function bareLoop(machine: LabMachine): Promise<number> {
  const wsman = createClient(labTarget(machine));
  try {
    const shell = await openShell(wsman, { codePage: 65001 });
    let bytes = 0;
    const began = performance.now();
    for await (const chunk of await shell.run('type C:\\Setup\\large.txt')) bytes += chunk.bytes.length;
    const rate = bytes / megabyte / ((performance.now() - began) / 1000);
    await shell.close();
    return rate;
  } finally {
    wsman.close();
  }
}

/** A key in the terminal until the character stands in a row of it, and Enter until the answer does, in Chromium over the real web host. */
async function onTheScreen(): Promise<void> {
  const host = await startWebHost({ rendererFolder, serve: (port) => opened.serve(port) });
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(host.newUrl());
    await page.getByRole('row').filter({ hasText: machine.name }).dblclick();
    await page.getByRole('tab', { name: 'Shell' }).click();
    await page.keyboard.press('Control+Backquote');
    await page.locator('.shell-pane[data-status="idle"]').waitFor();
    const keys = await page.evaluate(async (count) => {
      const rows = document.querySelector('.shell-terminal .xterm-rows')!;
      const field = document.querySelector<HTMLTextAreaElement>('.shell-terminal textarea')!;
      const times: number[] = [];
      for (let n = 0; n < count; n++) {
        const letter = 'abcdefghij'[n % 10]!;
        const before = rows.textContent;
        const began = performance.now();
        const drawn = new Promise<void>((resolve) => {
          const observer = new MutationObserver(() => {
            if (rows.textContent === before) return;
            observer.disconnect();
            resolve();
          });
          observer.observe(rows, { subtree: true, childList: true, characterData: true });
        });
        field.dispatchEvent(
          new KeyboardEvent('keydown', {
            key: letter,
            keyCode: letter.toUpperCase().charCodeAt(0),
            bubbles: true,
            cancelable: true,
          }),
        );
        field.dispatchEvent(
          new KeyboardEvent('keypress', {
            key: letter,
            charCode: letter.charCodeAt(0),
            keyCode: letter.charCodeAt(0),
            bubbles: true,
            cancelable: true,
          }),
        );
        await drawn;
        times.push(performance.now() - began);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return times;
    }, 200);
    for (const [name, value] of [
      ['p50', median(keys)],
      ['p95', percentile(keys, 95)],
    ] as const) {
      print({
        name: `shell: key to the screen, ${name}, in Chromium without a GPU`,
        value,
        unit: 'ms',
        reference: null,
        ratio: null,
        goal: 'one frame, 16.7 ms',
      });
    }
    await page.keyboard.press('Control+c');
    const session = await page.context().newCDPSession(page);
    const heap = async (): Promise<number> => {
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize } = await session.send('Runtime.getHeapUsage');
      return usedSize / megabyte;
    };
    // Once before it counts: the scroll-back is full then.
    const send = async (line: string): Promise<void> => {
      await page.locator('.shell-pane[data-status="idle"]').waitFor({ timeout: 120_000 });
      await page.keyboard.insertText(line);
      await page.keyboard.press('Enter');
      await page.locator('.shell-pane[data-status="running"]').waitFor();
      await page.locator('.shell-pane[data-status="idle"]').waitFor({ timeout: 120_000 });
    };
    await send('type C:\\Setup\\large.txt');
    const before = await heap();
    const began = performance.now();
    await send('type C:\\Setup\\large.txt');
    const seconds = (performance.now() - began) / 1000;
    print({
      name: 'shell: 64 MiB into the terminal on the screen',
      value: 64 / seconds,
      unit: 'MiB/s',
      reference: null,
      ratio: null,
      goal: null,
    });
    print({
      name: 'shell: growth of the page’s heap by another 64 MiB, collected',
      value: (await heap()) - before,
      unit: 'MiB',
      reference: null,
      ratio: null,
      goal: 'does not grow with the output',
    });
  } finally {
    await browser.close();
    await host.close();
  }
}
