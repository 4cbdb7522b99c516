import type { Misbehaviour } from './misbehaviour.ts';
import type { Attempts, LabStatistics } from './statistics.ts';
import type { WrittenEvent } from './world/event-logs.ts';
import type { NetworkPicture } from './world/network-picture.ts';

/** What goes over the IPC channel between start-lab.ts and cli.ts. */
export type LabRequestMessage =
  | {
      readonly kind: 'misbehave';
      readonly id: number;
      readonly machine: string;
      readonly misbehaviour: Misbehaviour | null;
    }
  | {
      readonly kind: 'draw-network';
      readonly id: number;
      readonly machine: string;
      readonly picture: NetworkPicture | null;
    }
  | { readonly kind: 'statistics'; readonly id: number; readonly machine: string }
  | {
      readonly kind: 'write-events';
      readonly id: number;
      readonly machine: string;
      readonly events: readonly WrittenEvent[];
    }
  | { readonly kind: 'attempts'; readonly id: number };
export type LabReply =
  | { readonly id: number; readonly value: LabStatistics | Attempts | readonly number[] | null }
  | { readonly id: number; readonly error: string };
