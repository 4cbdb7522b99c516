import * as v from 'valibot';
import { call, of } from '../rpc/endpoint.ts';

/** A named user whose password the console keeps. The password goes in and never comes out. */
export interface Credential {
  readonly id: string;
  readonly userName: string;
  /** `keychain`: survives a restart. `this-run`: forgotten when the console ends. `missing`: the keychain no longer has it. */
  readonly kept: 'keychain' | 'this-run' | 'missing';
}

export const credentials = {
  list: call(v.object({}), of<readonly Credential[]>()),
  /** `id` null makes a new one. Saving wakes every machine that was refused with it. */
  save: call(
    v.object({
      id: v.nullable(v.string()),
      userName: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(256)),
      password: v.pipe(v.string(), v.maxLength(1024)),
    }),
    of<Credential>(),
  ),
  remove: call(v.object({ id: v.string() }), of<void>()),
};
