import { area } from '../main/areas/area.ts';
export const spec = area;
