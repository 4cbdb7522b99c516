import { type App, type Session, shell, type WebContents } from 'electron';
import { isOwnUrl } from './origin.ts';

/** What no page may do, whatever gets into it. Applied to the session and to every web contents there will ever be. */

/** Copying text is all that the page may ask for. */
const allowedPermission = 'clipboard-sanitized-write';

export function lockSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer) => {
    answer(permission === allowedPermission && isOwnUrl(contents.getURL()));
  });
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) => {
    return permission === allowedPermission && isOwnUrl(requestingOrigin);
  });
  session.setDevicePermissionHandler(() => false);
  // Chromium would fetch dictionaries from the internet.
  session.setSpellCheckerEnabled(false);
  // The content security policy says the same; this also holds for what it does not cover.
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isLocal(details.url) }));
}

/** Our own page, its downloads, and the developer tools of a build from source. */
const isLocal = (url: string): boolean => isOwnUrl(url) || /^(blob:app:\/\/windeck\/|devtools:)/.test(url);

export function lockContents(app: App): void {
  app.on('web-contents-created', (_event, contents) => lockNavigation(contents));
}

function lockNavigation(contents: WebContents): void {
  const onlyOwn = (event: { readonly url: string; preventDefault(): void }) => {
    if (!isOwnUrl(event.url)) event.preventDefault();
  };
  contents.on('will-navigate', onlyOwn);
  contents.on('will-frame-navigate', onlyOwn);
  contents.on('will-redirect', onlyOwn);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openExternally(url);
    return { action: 'deny' };
  });
}

/** Hands a link to the user's browser: https only, since other schemes start programs. Anything else is dropped. */
export function openExternally(url: string): void {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '') return;
  shell.openExternal(parsed.href).catch(() => undefined);
}
