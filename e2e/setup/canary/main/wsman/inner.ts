import { session } from '../sessions/session.ts';
export const inner = session;
