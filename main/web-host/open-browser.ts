import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file that leads a browser to `url`, for this user's eyes only: on a command line everyone on this computer could read the token. */
export interface RedirectFile {
  readonly path: string;
  /** Removes file and folder; again is no error. Synchronous, so that it also works while the process is ending. */
  remove(): void;
}

export function writeRedirectFile(url: string): RedirectFile {
  // mkdtemp makes the folder 0700, under a name that nobody can have prepared.
  const folder = mkdtempSync(join(tmpdir(), 'windeck-open-'));
  const path = join(folder, 'windeck.html');
  const page = `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url=${url}"><title>Windeck</title><a href="${url}">Open Windeck</a>
`;
  writeFileSync(path, page, { mode: 0o600, flag: 'wx' });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Whether there is a screen to open a browser on. Windows and macOS always have one as far as can be told from here. */
export function hasDisplay(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean {
  return platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'] || env['WSL_DISTRO_NAME']);
}
