import { handlers } from '../handlers.ts';
export const area = handlers;
