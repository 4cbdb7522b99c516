/**
 * How the desktop process ends when the console could not start and has said why. Its own number, since Electron ends with 1 where it
 * cannot open a window, which `npm start` answers with the browser.
 */
export const couldNotStartCode = 70;
