import { file } from '../storage/file.ts';
export const commands = file;
