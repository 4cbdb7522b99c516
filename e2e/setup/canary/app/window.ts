import { server } from '../main/web-host/server.ts';
import { area } from '../main/areas/area.ts';
export const window = [server, area];
