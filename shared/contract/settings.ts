import * as v from 'valibot';
import { call, of } from '../rpc/endpoint.ts';

export const Settings = v.object({ theme: v.picklist(['system', 'light', 'dark']) });
export type Settings = v.InferOutput<typeof Settings>;

/** What the frame shows about the console itself. */
export interface ConsoleInfo {
  readonly version: string;
  readonly host: 'desktop' | 'browser';
  /** True when the embedded lab fleet is connected. */
  readonly lab: boolean;
  readonly dataFolder: string;
  /** What the user must know about the inventory: a corrupt file that was set aside, say. */
  readonly notices: readonly string[];
}

export const settings = {
  get: call(v.object({}), of<Settings>()),
  set: call(Settings, of<Settings>()),
  info: call(v.object({}), of<ConsoleInfo>()),
  /** Starts the embedded lab on a new, temporary inventory (the third door of the first run). */
  openLab: call(v.object({}), of<ConsoleInfo>()),
};
