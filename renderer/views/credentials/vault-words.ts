import type { Vault } from '../../../shared/contract/credentials.ts';

/** Under a field whose secret will be kept: where. */
export function keepingHint(vault: Vault): string {
  switch (vault.kind) {
    case 'keychain':
      return 'Kept in this computer’s keychain.';
    case 'sealed-file':
      return vault.locked
        ? 'The sealed file is locked: unlock it first to keep this in it.'
        : 'Kept in the file that your passphrase seals.';
    case 'none':
      return 'No keychain answers here: kept for this run only.';
  }
}

export const minPassphraseLength = 8;

/** Why a new passphrase will not do, or null. Says nothing of what is in it. */
export function passphraseProblem(length: number, same: boolean): 'short' | 'different' | null {
  if (length < minPassphraseLength) return 'short';
  return same ? null : 'different';
}
