import type { Identity } from '../../wsman/index.ts';

/** What server answers, by what it says of itself. */
export interface Make {
  /** At the start of a sentence. */
  readonly name: string;
  /** Whether it is WinRM of Windows, with its configuration, shells and classes. */
  readonly isWinrm: boolean;
}

const others: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/open management infrastructure|\bomi\b/i, 'OMI'],
  [/openwsman/i, 'Openwsman'],
  [/pegasus/i, 'OpenPegasus'],
  [/dell|idrac/i, 'A Dell iDRAC'],
  [/intel/i, 'Intel AMT'],
  [/hewlett|hpe?\b/i, 'An HP iLO'],
  [/vmware/i, 'VMware ESXi'],
];

/** Null: it did not say, and is taken for WinRM until it says otherwise. */
export function makeOf(identity: Identity | null): Make {
  if (
    identity === null ||
    identity.stack !== null ||
    (/microsoft corporation/i.test(identity.productVendor ?? '') &&
      !/omi|open management/i.test(identity.productVersion ?? ''))
  ) {
    return { name: 'WinRM', isWinrm: true };
  }
  const said = `${identity.productVendor ?? ''} ${identity.productVersion ?? ''}`;
  const known = others.find(([pattern]) => pattern.test(said));
  return { name: known?.[1] ?? 'This make of server', isWinrm: false };
}
