import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import type { SignIn } from '../../../shared/contract/machines.ts';
import { isIPAddress, isLoopback, parseAddress } from './address.ts';
import { type MachineDraft, spnsOf } from './machine-draft.ts';

export interface PolicyWords {
  readonly id: SignIn;
  /** In the list of policies. */
  readonly label: string;
  /** In a column. */
  readonly short: string;
  /** What it means, one sentence. */
  readonly means: string;
}

/** The policies, the usual one first. */
export const policies: readonly PolicyWords[] = [
  {
    id: 'negotiate',
    label: 'Negotiate (Kerberos first, always encrypted)',
    short: 'Negotiate',
    means: 'Kerberos where it can be had, else NTLM; over HTTP every message is sealed.',
  },
  {
    id: 'kerberos',
    label: 'Kerberos only',
    short: 'Kerberos only',
    means: 'Kerberos or nothing: no NTLM message leaves this computer, and the machine proves itself too.',
  },
  {
    id: 'ntlm',
    label: 'NTLM',
    short: 'NTLM',
    means: 'For machines outside the domain and local accounts; the machine does not prove itself.',
  },
  {
    id: 'basic',
    label: 'Basic (over HTTPS, local accounts)',
    short: 'Basic',
    means: 'Sends the password itself, protected by TLS alone; WinRM takes it for local accounts only.',
  },
  {
    id: 'certificate',
    label: 'Client certificate (over HTTPS)',
    short: 'Client certificate',
    means: 'Signs in with a certificate that the machine maps to a local account; TLS 1.2 at most.',
  },
  {
    id: 'digest',
    label: 'Digest (management controllers)',
    short: 'Digest',
    means: 'For management controllers (BMCs): the password is not sent, but nothing is encrypted without TLS.',
  },
];

export const policyOf = (id: SignIn): PolicyWords => policies.find((each) => each.id === id) ?? policies[0]!;

export interface PolicyNote {
  /** `stops`: it cannot work so. `note`: it works otherwise than one may think. */
  readonly kind: 'stops' | 'note';
  readonly words: string;
}

/** Why the chosen policy cannot work with the rest of the form, said before anything is tried. */
export function policyNotes(draft: MachineDraft, credential: CredentialSet['kind'] | null): readonly PolicyNote[] {
  const { signIn, transport } = draft;
  const { address } = parseAddress(draft.addressText);
  const isAddress = address !== '' && isIPAddress(address);
  const notes: PolicyNote[] = [];
  const stops = (words: string) => notes.push({ kind: 'stops', words });
  const note = (words: string) => notes.push({ kind: 'note', words });
  // No name, no ticket: the principal's host under Advanced can take its place.
  const nameless = isAddress && spnsOf(draft).length === 0;
  if (signIn === 'kerberos' && nameless) {
    stops(
      `Kerberos signs in to names, and ${address} is an address: no ticket exists for it. Give the machine by its DNS name, or the host of its SPN under Advanced.`,
    );
  }
  if (signIn === 'negotiate' && nameless && !isLoopback(address)) {
    note(`${address} is an address, so Kerberos cannot be used: it will be NTLM. A DNS name makes Kerberos possible.`);
  }
  if (signIn === 'ntlm' && transport === 'http' && !isLoopback(address) && !draft.trusted) {
    note('Over HTTP NTLM is only used where you trust the address, below; or choose HTTPS.');
  }
  if (signIn === 'certificate' && transport === 'http') stops('Client certificates exist in TLS only: choose HTTPS.');
  if (signIn === 'digest') note('WinRM on Windows offers no Digest: a Windows machine refuses it.');
  if (credential === 'certificate' && signIn !== 'certificate') {
    stops(
      'The chosen credential is a client certificate: choose “Client certificate” as sign-in, or another credential.',
    );
  }
  if (signIn === 'certificate' && credential !== null && credential !== 'certificate') {
    stops('This sign-in needs a credential set with a client certificate.');
  }
  if (credential === 'signed-in-user' && (signIn === 'basic' || signIn === 'digest')) {
    stops('The signed-in user has no password to send: choose Negotiate or Kerberos only, or another credential.');
  }
  if (credential === 'signed-in-user' && signIn === 'ntlm') {
    note(
      'NTLM as the signed-in user is possible on Windows only; elsewhere there are Kerberos tickets and no password.',
    );
  }
  return notes;
}
