import { area } from '../areas/area.ts';
export const server = area;
