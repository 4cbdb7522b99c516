import { commonHeaders, type FileAnswer, newNonce } from '../renderer-files.ts';

/** Pages of the host itself, shown before the console's own can be: one sentence what happened, one what to do. No scripts. */

/**
 * After the token was taken. Not an HTTP redirect: coming from the redirect file (another site, to the browser), the request that
 * follows one would go without the SameSite=Strict cookie that was just set; a page of our own origin asks as ourselves.
 */
export function enteredPage(cookie: string | undefined): FileAnswer {
  const answer = page(
    200,
    'Opening Windeck',
    '<a href="/">Open Windeck</a>',
    '<meta http-equiv="refresh" content="0;url=/">',
  );
  return cookie === undefined ? answer : { ...answer, headers: { ...answer.headers, 'set-cookie': cookie } };
}

export const spentPage = (): FileAnswer =>
  page(
    403,
    'This address has been used, or it is too old',
    'An address of Windeck lets one browser in, once, within a minute. ' +
      'Press Enter where Windeck was started to get a new one, or start Windeck again.',
  );

export const strangerPage = (): FileAnswer =>
  page(
    401,
    'Windeck is running here, but does not know this browser',
    'Open the address that Windeck printed when it was started. It works once, within a minute; ' +
      'press Enter where Windeck was started to get a new one, or start Windeck again.',
  );

export const wrongHostPage = (): FileAnswer =>
  page(403, 'This is not the address of Windeck', 'Windeck answers only to 127.0.0.1 and localhost, on this computer.');

export function methodPage(): FileAnswer {
  const answer = page(405, 'Windeck does not take this request', 'Pages can be read, nothing else.');
  return { ...answer, headers: { ...answer.headers, allow: 'GET, HEAD' } };
}

export const failedPage = (): FileAnswer =>
  page(500, 'A part of Windeck cannot be read', 'Start Windeck again; if that does not help, install it anew.');

function page(status: number, title: string, text: string, head = ''): FileAnswer {
  const nonce = newNonce();
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head}<title>${title}</title>
<style nonce="${nonce}">
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#edeff2, #0d0f12);
  color: light-dark(#181b20, #e6e8ec); font: 13px/20px "Segoe UI Variable", "Segoe UI", system-ui, sans-serif; }
main { max-width: 60ch; padding: 20px; }
h1 { font-size: 18px; line-height: 25px; font-weight: 600; margin: 0 0 8px; text-wrap: balance; }
p { margin: 0; color: light-dark(#464d59, #b0b7c3); }
a { color: light-dark(#2450bc, #8fb0ff); }
</style>
</head>
<body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`;
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
  const headers = {
    ...commonHeaders,
    'content-security-policy': policy,
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
  };
  return { status, headers, body };
}
