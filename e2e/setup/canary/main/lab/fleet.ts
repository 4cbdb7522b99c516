import { session } from '../sessions/session.ts';
export const fleet = session;
