import { protocol, type Session } from 'electron';
import { commonHeaders, type FileAnswer, type RendererFiles } from '../main/renderer-files.ts';
import { isOwnUrl, scheme } from './origin.ts';

/** Must run before Electron is ready: makes `app:` a scheme with an origin, like https:, and nothing more. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the renderer at `app://windeck/`, by the same table of files and with the same headers as the web host. */
export function serveRenderer(session: Session, files: RendererFiles): void {
  session.protocol.handle(scheme, async (request) => {
    const { status, headers, body } = await answer(request, files).catch((): FileAnswer => refused(500));
    return new Response(request.method === 'HEAD' ? null : body, { status, headers });
  });
}

async function answer(request: Request, files: RendererFiles): Promise<FileAnswer> {
  if (!isOwnUrl(request.url)) return refused(403);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refused(405);
  return files.answer(new URL(request.url).pathname);
}

const refused = (status: number): FileAnswer => ({ status, headers: commonHeaders, body: '' });
