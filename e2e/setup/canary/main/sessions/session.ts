import { area } from '../areas/area.ts';
export const session = area;
