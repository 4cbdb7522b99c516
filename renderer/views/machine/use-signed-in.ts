import { useEffect, useState } from 'react';
import type { SignedInUser } from '../../../shared/contract/overview.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import { powerStore } from '../../stores/power.ts';
import { problemOf } from '../../stores/problem-of.ts';

export type SignedIn =
  | { readonly kind: 'asking' }
  | { readonly kind: 'users'; readonly users: readonly SignedInUser[] }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Machines asked at the same time. */
const maxAtOnce = 6;

/** Who is signed in on these machines, asked now and once. Pass a stable array. */
export function useSignedIn(machineIds: readonly string[]): ReadonlyMap<string, SignedIn> {
  const [answers, setAnswers] = useState<ReadonlyMap<string, SignedIn>>(new Map());
  useEffect(() => {
    const stop = new AbortController();
    const left = [...machineIds];
    const set = (machineId: string, answer: SignedIn) => {
      if (!stop.signal.aborted) setAnswers((before) => new Map(before).set(machineId, answer));
    };
    const work = async () => {
      for (let machineId = left.shift(); machineId !== undefined; machineId = left.shift()) {
        if (stop.signal.aborted) return;
        try {
          set(machineId, { kind: 'users', users: await powerStore.signedIn(machineId, stop.signal) });
        } catch (error) {
          set(machineId, { kind: 'problem', problem: problemOf(error) });
        }
      }
    };
    for (let worker = 0; worker < maxAtOnce; worker += 1) void work();
    return () => stop.abort();
  }, [machineIds]);
  return answers;
}
