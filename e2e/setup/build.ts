/** `npm run build`: the renderer, and Electron's main, preload and lab bundles, where they are missing or older than their sources. */
import { ensureDesktopBuilt } from '../../app/build.ts';
import { ensureBuilt } from '../../main/web-host/ensure-built.ts';

await ensureBuilt(console.log);
await ensureDesktopBuilt();
