import { wsman } from '../wsman/index.ts';
export const file = wsman;
