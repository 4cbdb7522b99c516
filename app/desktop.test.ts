import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { contract } from '../shared/contract/contract.ts';
import { connectClient } from '../shared/rpc/client.ts';
import { portConformance } from '../shared/rpc/conformance.test-suite.ts';
import type { Port } from '../shared/rpc/port.ts';
import { buildDesktop } from './build.ts';
import {
  installStandIn,
  loadMain,
  loadPreload,
  StandInContents,
  StandInWindow,
  standIn,
  strangerPort,
} from './electron.test-suite.ts';
import { electronPort, portChannel } from './electron-port.ts';

/** The bundles as they are built, loaded against a stand-in for `electron`: what they register, and what that answers to hostile input. */

const cache = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));
let folder: string;
let dist: string;
let dataFolder: string;

beforeAll(async () => {
  mkdirSync(cache, { recursive: true });
  // Below node_modules, so that the keychain's native module is found; the stand-in is nearer than the real electron.
  folder = mkdtempSync(join(cache, 'desktop-test-'));
  dataFolder = mkdtempSync(join(tmpdir(), 'windeck-desktop-'));
  dist = join(folder, 'app', 'dist');
  mkdirSync(join(folder, 'renderer/dist/assets'), { recursive: true });
  writeFileSync(join(folder, 'renderer/dist/index.html'), '<meta name="csp-nonce" content="__CSP_NONCE__">');
  writeFileSync(join(folder, 'renderer/dist/assets/app.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  installStandIn(folder);
  await buildDesktop(dist);
  process.env['WINDECK_DATA'] = dataFolder;
  await loadMain(dist);
  await vi.waitFor(() => expect(StandInWindow.all).toHaveLength(1), { timeout: 20_000 });
}, 120_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(dataFolder, { recursive: true, force: true });
});

const { app, session } = standIn;
const { registered, schemes } = session.defaultSession;

describe('the window', () => {
  test('is sandboxed, isolated and without Node, and says so for every setting', () => {
    const { options, loaded } = StandInWindow.all[0]!;
    expect(options.webPreferences).toEqual({
      preload: join(dist, 'preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: false,
    });
    expect(app.calls).toContainEqual(['enableSandbox']);
    expect(loaded).toEqual(['app://windeck/']);
  });

  test('has the page as its title bar, and is shown when there is something to see', () => {
    const window = StandInWindow.all[0]!;
    expect(window.options).toMatchObject({ show: false, titleBarStyle: 'hidden', titleBarOverlay: { height: 44 } });
    expect(window.calls).toEqual([]);
    window.emit('ready-to-show');
    expect(window.calls).toEqual(['show']);
  });

  test('is the only one: a second start brings it to the front', () => {
    const window = StandInWindow.all[0]!;
    expect(app.calls.findIndex(([name]) => name === 'requestSingleInstanceLock')).toBeGreaterThan(-1);
    // The lock lies in userData, so that must be set before.
    expect(app.calls.map(([name]) => name).indexOf('setPath')).toBeLessThan(
      app.calls.map(([name]) => name).indexOf('requestSingleInstanceLock'),
    );
    app.emit('second-instance');
    expect(window.calls.slice(-2)).toEqual(['restore', 'focus']);
  });

  test('has a menu with the keys that an application needs, and no developer tools once packaged', () => {
    const menu = JSON.stringify(standIn.Menu.applied[0]);
    for (const role of ['fileMenu', 'editMenu', 'resetZoom', 'zoomIn', 'togglefullscreen', 'windowMenu'])
      expect(menu).toContain(role);
    expect(menu).not.toContain('toggleDevTools');
    expect(menu).not.toContain('reload');
  });

  test('nothing writes memory to disk', () => {
    expect(readFileSync(join(dist, 'main.js'), 'utf8')).not.toContain('crashReporter');
  });
});

test('Kerberos: koffi is loaded late and from outside the bundles, and the self-test of a Mac has its own', () => {
  const main = readFileSync(join(dist, 'main.js'), 'utf8');
  expect(main).toMatch(/import\(["']koffi["']\)/);
  expect(main).toContain('gss-self-test.js');
  expect(readFileSync(join(dist, 'gss-self-test.js'), 'utf8')).toMatch(/import\(["']koffi["']\)/);
});

describe('permissions', () => {
  const all = [
    'media',
    'geolocation',
    'notifications',
    'midi',
    'pointerLock',
    'fullscreen',
    'openExternal',
    'clipboard-read',
    'hid',
    'serial',
    'usb',
    'display-capture',
    'fileSystem',
    'unknown',
  ];
  const own = new StandInContents();
  const foreign = Object.assign(new StandInContents(), { getURL: () => 'https://evil.example/' });

  const request = (contents: StandInContents, permission: string): boolean => {
    let granted: boolean | undefined;
    registered['request']!(
      ...([
        contents,
        permission,
        (answer: boolean) => {
          granted = answer;
        },
      ] as never[]),
    );
    return granted!;
  };
  const check = (permission: string, origin: string): unknown =>
    registered['check']!(...([null, permission, origin, {}] as never[]));

  test('are denied, asked for and checked, except copying text from our own page', () => {
    for (const permission of all) {
      expect(request(own, permission), permission).toBe(false);
      expect(check(permission, 'app://windeck/'), permission).toBe(false);
    }
    expect(request(own, 'clipboard-sanitized-write')).toBe(true);
    expect(request(foreign, 'clipboard-sanitized-write')).toBe(false);
    expect(check('clipboard-sanitized-write', 'app://windeck/')).toBe(true);
    expect(check('clipboard-sanitized-write', 'https://windeck/')).toBe(false);
    expect(check('clipboard-sanitized-write', 'app://windeck.evil/')).toBe(false);
  });

  test('devices are denied, and no dictionaries are fetched', () => {
    expect(registered['device']!()).toBe(false);
    expect(session.defaultSession.spellChecker).toEqual([false]);
  });
});

describe('navigation', () => {
  const hostile = [
    'https://evil.example/',
    'http://127.0.0.1/',
    'file:///etc/passwd',
    'data:text/html,<script>1</script>',
    'javascript:alert(1)',
    'app://evil/',
    'app://windeck.evil/',
    'app://user@evil/',
    'blob:https://evil.example/1',
    'about:blank',
    '',
  ];
  const prevented = (event: string, url: string): boolean => {
    let stopped = false;
    StandInWindow.all[0]!.webContents.emit(event, {
      url,
      preventDefault: () => {
        stopped = true;
      },
    });
    return stopped;
  };

  test('away from our own page is stopped, in every form', () => {
    for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect']) {
      for (const url of hostile) expect(prevented(event, url), `${event} ${url}`).toBe(true);
      expect(prevented(event, 'app://windeck/')).toBe(false);
    }
    expect(prevented('will-attach-webview', '')).toBe(true);
  });

  test('holds for every web contents there will be', () => {
    const later = new StandInContents();
    app.emit('web-contents-created', {}, later);
    expect(later.openHandler).toBeDefined();
    expect(later.listenerCount('will-navigate')).toBe(1);
  });

  test('new windows are denied; only https links go to the browser', () => {
    const open = StandInWindow.all[0]!.webContents.openHandler!;
    const refused = [
      ...hostile.slice(1),
      'http://evil.example/',
      'ms-settings:',
      'smb://x/y',
      'mailto:a@b',
      '//evil',
      'https://user:secret@evil.example/',
      'HTTP://x',
      'not a url',
    ];
    for (const url of refused) expect(open({ url }), url).toEqual({ action: 'deny' });
    expect(standIn.shell.opened).toEqual([]);
    expect(open({ url: 'https://learn.microsoft.com/x?y#z' })).toEqual({ action: 'deny' });
    expect(standIn.shell.opened).toEqual(['https://learn.microsoft.com/x?y#z']);
  });

  test('requests that leave the program are cancelled', () => {
    const cancelled = (url: string): boolean | undefined => {
      let answer: { cancel: boolean } | undefined;
      registered['beforeRequest']!(
        ...([
          { url },
          (given: { cancel: boolean }) => {
            answer = given;
          },
        ] as never[]),
      );
      return answer?.cancel;
    };
    for (const url of [...hostile, 'ws://127.0.0.1/', 'http://localhost/', 'blob:app://evil/1'])
      expect(cancelled(url), url).toBe(true);
    for (const url of ['app://windeck/assets/app.js', 'blob:app://windeck/5']) expect(cancelled(url), url).toBe(false);
  });
});

describe('the protocol', () => {
  const get = (url: string, method = 'GET') => schemes['app']!(new Request(url, { method }));

  test('is privileged as little as a page needs', () => {
    expect(standIn.protocol.privileged).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ]);
  });

  test('serves the page with a nonce of its own and the strict policy', async () => {
    const first = await get('app://windeck/');
    const policy = first.headers.get('content-security-policy') ?? '';
    const nonce = /'nonce-([^']{24})'/.exec(policy)?.[1];
    expect(await first.text()).toBe(`<meta name="csp-nonce" content="${nonce}">`);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(first.headers.get('x-content-type-options')).toBe('nosniff');
    const second = await get('app://windeck/index.html');
    expect(second.headers.get('content-security-policy')).not.toBe(policy);
    expect((await get('app://windeck/assets/app.js')).headers.get('content-type')).toContain('text/javascript');
    expect(await (await get('app://windeck/', 'HEAD')).text()).toBe('');
  });

  test('has nothing but those files, for nobody but our own page', async () => {
    const outside = [
      '../secret.txt',
      '..%2fsecret.txt',
      '%2e%2e/secret.txt',
      'assets/..%5c..%5csecret.txt',
      'assets/',
      `${folder}/secret.txt`,
      '%00',
      'assets/../../../secret.txt',
    ];
    for (const path of outside) {
      const response = await get(`app://windeck/${path}`);
      expect(response.status, path).toBe(404);
      expect(await response.text()).not.toContain('outside');
    }
    expect((await get('app://evil/')).status).toBe(403);
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await get('app://windeck/', method)).status).toBe(405);
  });
});

describe('the port', () => {
  const frame = (url: string, parent: unknown = null) => ({ url, parent });

  test('the preload gives the page one pipe and nothing of electron', () => {
    const { page, posted } = loadPreload(dist);
    expect([...page.keys()]).toEqual(['windeckPort']);
    expect(Object.keys(page.get('windeckPort')!).sort()).toEqual(['onClose', 'onMessage', 'send']);
    expect(posted).toMatchObject({ channel: portChannel, message: null });
    expect(posted.ports).toHaveLength(1);
    // One CommonJS file that a sandboxed preload can load: it requires electron and nothing else.
    const source = readFileSync(join(dist, 'preload.cjs'), 'utf8');
    expect(source.match(/require\([^)]*\)/g)).toEqual(['require("electron")']);
    expect(standIn.ipcMain.eventNames()).toEqual([portChannel]);
  });

  test('leads to the console when our own page sends it', async () => {
    const { page, posted } = loadPreload(dist);
    standIn.ipcMain.emit(portChannel, { senderFrame: frame('app://windeck/#/machines'), ports: posted.ports });
    const client = connectClient(page.get('windeckPort') as unknown as Port, contract);
    expect(await client.settings.info({})).toMatchObject({ host: 'desktop', dataFolder });
    expect(existsSync(join(dataFolder, 'windeck.lock'))).toBe(true);
  });

  const strangers = [
    null,
    frame('https://evil.example/'),
    frame('app://evil/'),
    frame('file:///x'),
    frame(''),
    frame('app://windeck/', frame('https://evil.example/')),
  ];
  for (const senderFrame of strangers) {
    test(`is closed unanswered when ${senderFrame === null ? 'a frame that is gone' : `${senderFrame.url || 'an empty page'}${senderFrame.parent ? ' inside another page' : ''}`} sends it`, async () => {
      const { port, own } = strangerPort();
      const heard: unknown[] = [];
      own.on('message', (message) => heard.push(message));
      const closed = new Promise<void>((resolve) => own.on('close', () => resolve()));
      own.postMessage('{"frame":"call","id":1,"area":"settings","endpoint":"info","value":{}}');
      standIn.ipcMain.emit(portChannel, { senderFrame, ports: [port] });
      await closed;
      expect(heard).toEqual([]);
    });
  }

  test('a message without a port is ignored', () => {
    expect(() => standIn.ipcMain.emit(portChannel, { senderFrame: frame('app://windeck/'), ports: [] })).not.toThrow();
  });
});

// Through the built preload and Electron's stand-in; the real message port is not run here.
portConformance('Electron port (stand-in for the electron module, the real one was not run)', () => {
  const { page, posted } = loadPreload(dist);
  const [port] = posted.ports;
  let closed = false;
  return {
    console: electronPort(port as never),
    window: page.get('windeckPort') as unknown as Port,
    async close() {
      if (closed) return;
      closed = true;
      const gone = new Promise<void>((resolve) => port!.once('close', () => resolve()));
      port!.close();
      await gone;
      // The other end hears of it a turn later.
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
  };
});

describe('the end', () => {
  test('a window in which something is under way asks before it closes, except where the process is told to end', () => {
    const leaves = (): boolean => {
      let left = false;
      StandInWindow.all[0]!.webContents.emit('will-prevent-unload', {
        preventDefault: () => {
          left = true;
        },
      });
      return left;
    };
    expect(leaves()).toBe(false);
    standIn.answer = 'Close';
    expect(leaves()).toBe(true);
    standIn.answer = 'Stay';
    expect(leaves()).toBe(false);
    expect(standIn.asked).toEqual(['Close Windeck?', 'Close Windeck?', 'Close Windeck?']);
    process.emit('SIGTERM');
    expect(app.calls.at(-1)).toEqual(['quit']);
    expect(leaves()).toBe(true);
    expect(standIn.asked).toHaveLength(3);
  });

  test('the console is closed before the process ends, with code 0', async () => {
    let held = false;
    app.emit('window-all-closed');
    expect(app.calls.at(-1)).toEqual(['quit']);
    app.emit('will-quit', {
      preventDefault: () => {
        held = true;
      },
    });
    expect(held).toBe(true);
    expect(await app.exited).toBe(0);
  });
});
