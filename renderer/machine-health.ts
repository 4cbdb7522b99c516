import type { Machine, MachineState } from '../shared/contract/machines.ts';
import type { GlyphName } from './components/Glyph.tsx';
import { expiryOf } from './credential-words.ts';
import { formatPercent } from './format.ts';
import { nextExpiry, securityWarning } from './security-words.ts';

/** How a machine stands in the eyes of the administrator: what shape, what word, and whether somebody must act. */
export interface MachineHealth {
  readonly glyph: GlyphName;
  /** One or two words: `Online`, `Unreachable`. */
  readonly word: string;
  /** Which of the four counts of the title bar it belongs to; null while nothing is known yet. */
  readonly group: 'ok' | 'warn' | 'crit' | 'off' | null;
  /** Sort order: what needs somebody comes first. */
  readonly rank: number;
  /** Why it is not simply healthy, one short sentence; null where there is nothing to say. */
  readonly reason: string | null;
}

/** Below this share of free space a disk is worth a warning; half of it is critical. */
export const lowDiskPercent = 10;

const words: Readonly<Record<MachineState, string>> = {
  unknown: 'Not known yet',
  connecting: 'Connecting',
  online: 'Online',
  unreachable: 'Unreachable',
  denied: 'Sign-in refused',
  untrusted: 'Certificate not trusted',
  restarting: 'Restarting',
  failing: 'Failing',
};

/** The machine knew the account and its password, and lets it do nothing. */
export const accountAccepted = (machine: Machine): boolean => machine.problem?.code === 'access-denied';

/** Nothing was sent, so nothing was refused: there is no secret to send, or the file that keeps it is locked. */
export const waitsForCredential = (machine: Machine): boolean =>
  machine.problem?.technical === 'NO_CREDENTIAL' || machine.problem?.technical === 'LOCKED';

/** Why a machine that is `denied` is so, in a few words. */
export const deniedWord = (machine: Machine): string =>
  accountAccepted(machine) ? 'Access denied' : waitsForCredential(machine) ? 'Waits for a credential' : words.denied;

/** Only what answers now is shown in colour; facts of an earlier connection never make a machine healthy. */
export function machineHealth(machine: Machine, nowMs = Date.now()): MachineHealth {
  const word = words[machine.state];
  const reason = machine.problem?.message ?? null;
  switch (machine.state) {
    case 'untrusted':
      return { glyph: 'critical', word, group: 'crit', rank: 0, reason };
    case 'failing':
      return { glyph: 'critical', word, group: 'crit', rank: 1, reason };
    case 'denied':
      return {
        glyph: 'denied',
        word: deniedWord(machine),
        group: 'crit',
        rank: 2,
        reason,
      };
    case 'unreachable':
      return { glyph: 'unreachable', word, group: 'off', rank: 4, reason };
    case 'restarting':
      return { glyph: 'pending', word, group: null, rank: 5, reason };
    case 'connecting':
      return { glyph: 'pending', word, group: null, rank: 6, reason };
    case 'unknown':
      return { glyph: 'skipped', word, group: null, rank: 7, reason };
    case 'online': {
      const disk = machine.facts?.worstDisk;
      if (disk && disk.freePercent < lowDiskPercent) {
        const why = `${disk.drive} has ${formatPercent(disk.freePercent)} free`;
        return disk.freePercent < lowDiskPercent / 2
          ? { glyph: 'critical', word: 'Disk almost full', group: 'crit', rank: 3, reason: why }
          : { glyph: 'warning', word: 'Low disk space', group: 'warn', rank: 4, reason: why };
      }
      const { security } = machine;
      const ends = nextExpiry(security);
      if (security !== null && ends !== null && expiryOf(ends, nowMs).level !== 'ok') {
        const expired = expiryOf(ends, nowMs).level === 'expired';
        return {
          glyph: 'warning',
          word: expired ? 'Certificate expired' : 'Certificate expires soon',
          group: 'warn',
          rank: 4,
          reason: securityWarning(security, nowMs),
        };
      }
      return { glyph: 'healthy', word, group: 'ok', rank: 8, reason: null };
    }
  }
}
