import { BrowserWindow, dialog, nativeTheme } from 'electron';
import { pageUrl } from './origin.ts';

/** The height of the page's own title bar, which takes the place of the system's. */
const titleBarHeight = 44;
/** Grey that reaches 3:1 on the frame of both themes, since the user may choose another theme than the system's. */
const captionSymbolColor = '#777F8C';

/** Opens the console's window; shown once there is something to see. */
export function openWindow(options: {
  readonly preload: string;
  readonly icon: string;
  readonly developer: boolean;
  /** Whether somebody is there to be asked: not where the whole process is told to end. */
  readonly asks: () => boolean;
}): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Windeck',
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 600,
    show: false,
    icon: options.icon,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0D0F12' : '#EDEFF2',
    titleBarStyle: 'hidden',
    titleBarOverlay: { color: '#00000000', symbolColor: captionSymbolColor, height: titleBarHeight },
    trafficLightPosition: { x: 14, y: 15 },
    autoHideMenuBar: true,
    webPreferences: {
      preload: options.preload,
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
      devTools: options.developer,
    },
  });
  // The page has said that something would end with it (renderer/stores/leaving.ts). To prevent the preventing is to leave.
  window.webContents.on('will-prevent-unload', (event) => {
    if (!options.asks() || leaves(window)) event.preventDefault();
  });
  window.once('ready-to-show', () => window.show());
  void window.loadURL(pageUrl);
  return window;
}

/** Asks what a browser asks by itself. */
function leaves(window: BrowserWindow): boolean {
  const buttons = ['Stay', 'Close'];
  const answer = dialog.showMessageBoxSync(window, {
    type: 'question',
    message: 'Close Windeck?',
    detail: 'Shells are open, or something is under way. It ends with the window.',
    buttons,
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  return buttons[answer] === 'Close';
}
