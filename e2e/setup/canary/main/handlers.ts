import { fleet } from './lab/fleet.ts';
export const handlers = fleet;
