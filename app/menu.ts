import { Menu, type MenuItemConstructorOptions } from 'electron';

/**
 * What an application needs for its keys to work: copy and paste, zoom, full screen, close, quit. The bar itself is hidden behind the
 * title bar except on macOS. No reload: the page keeps its streams, and a reload would only lose them.
 */
export function setMenu(developer: boolean, platform: NodeJS.Platform = process.platform): void {
  const developerItems: MenuItemConstructorOptions[] = developer
    ? [{ type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }]
    : [];
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
      { role: 'fileMenu' },
      { role: 'editMenu' },
      {
        label: 'View',
        submenu: [
          { role: 'resetZoom' },
          { role: 'zoomIn' },
          { role: 'zoomOut' },
          { type: 'separator' },
          { role: 'togglefullscreen' },
          ...developerItems,
        ],
      },
      { role: 'windowMenu' },
    ]),
  );
}
