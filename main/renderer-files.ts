import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** An answer in the form that both hosts can give: node:http writes it, Electron's protocol handler makes a Response of it. */
export interface FileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string;
}

export interface RendererFiles {
  /** The file behind a URL path (`/` is index.html), or 404. Only files that were there at the start can be had. */
  answer(pathname: string): Promise<FileAnswer>;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/**
 * Serves the built renderer in `folder`. `connectSource` is what the page may open connections to besides its own origin (the web host's
 * socket). The folder is listed once and a path is only ever looked up in that list, so no path can lead out of it.
 * Throws where the folder cannot be read.
 */
export async function openRendererFiles(folder: string, connectSource = ''): Promise<RendererFiles> {
  const files = new Map<string, string>();
  for (const path of await list(folder)) files.set(`/${path}`, join(folder, path));
  if (!files.has('/index.html')) throw new Error(`${folder} holds no built renderer.`);

  return {
    async answer(pathname) {
      const file = files.get(pathname === '/' ? '/index.html' : pathname);
      if (file === undefined) return notFound();
      const contentType = contentTypes[extname(file)] ?? 'application/octet-stream';
      if (extname(file) === '.html') {
        const nonce = newNonce();
        const page = (await readFile(file, 'utf8')).replaceAll('__CSP_NONCE__', nonce);
        return { status: 200, headers: pageHeaders(nonce, connectSource), body: page };
      }
      const headers = { ...commonHeaders, 'content-type': contentType, 'cache-control': cacheControl(pathname) };
      return { status: 200, headers, body: await readFile(file) };
    },
  };
}

/** Relative paths with `/`, whatever the platform. Not `readdir` with `recursive`, which does not look into Electron's archive. */
async function list(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const lists = entries.map(async (entry) => {
    if (entry.isFile()) return [entry.name];
    if (!entry.isDirectory()) return [];
    return (await list(join(folder, entry.name))).map((path) => `${entry.name}/${path}`);
  });
  return (await Promise.all(lists)).flat();
}

/** Vite puts a hash of the content into the names below assets/. */
const cacheControl = (pathname: string): string =>
  pathname.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache';

function notFound(): FileAnswer {
  const headers = { ...commonHeaders, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  return { status: 404, headers, body: 'Not found.\n' };
}

/** One per page load: what lets Fluent's style elements, and nobody else's, past the policy. */
export function newNonce(): string {
  return randomBytes(18).toString('base64');
}

/** On every answer, of whatever kind. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), payment=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** For the console's own page: scripts, fonts and pictures of this origin, styles of this origin or with the nonce, and nothing else. */
function pageHeaders(nonce: string, connectSource: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "font-src 'self'",
    `connect-src 'self' ${connectSource}`.trimEnd(),
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return {
    ...commonHeaders,
    'content-security-policy': policy.join('; '),
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
  };
}
