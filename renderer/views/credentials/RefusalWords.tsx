import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import { secretIs } from '../../credential-words.ts';
import { formatDate } from '../../format.ts';
import { machineName } from '../../stores/machines.ts';

/** Who refused it and when, and what follows from that. */
export function RefusalWords({ set }: { set: CredentialSet }) {
  const { refusal } = set;
  if (refusal === null) return null;
  return (
    <>
      <b>
        Refused by {refusal.machineId === null ? 'a machine' : machineName(refusal.machineId)} on{' '}
        {formatDate(refusal.atMs)}.
      </b>{' '}
      {refusal.problem.message}{' '}
      {set.kind === 'signed-in-user'
        ? 'Not tried again by itself.'
        : `Not sent again until its ${secretIs(set.kind)} changed, so that no account is locked.`}
    </>
  );
}
