import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What was done to machines that cannot be seen on them any more: one JSON line each, appended, never holding a secret. */
export interface Audit {
  write(entry: Readonly<Record<string, string | number | boolean | null | readonly string[]>>): Promise<void>;
}

/** `audit.log` in the data folder, readable for its owner only. */
export function openAudit(dataFolder: string, now: () => number): Audit {
  const path = join(dataFolder, 'audit.log');
  return {
    async write(entry) {
      const line = JSON.stringify({ at: new Date(now()).toISOString(), ...entry });
      await appendFile(path, `${line}\n`, { mode: 0o600 });
    },
  };
}
