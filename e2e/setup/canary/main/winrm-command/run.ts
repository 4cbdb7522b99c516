import { file } from '../storage/file.ts';
export const run = file;
