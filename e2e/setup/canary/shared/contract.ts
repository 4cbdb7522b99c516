import { readFileSync } from 'node:fs';
import { wsman } from '../main/wsman/index.ts';
import { app } from 'electron';
import { missing } from './no-such-file.ts';
import { nothing } from 'a-package-that-nobody-declared';
export const contract = [wsman, readFileSync, app, missing, nothing];
