/** What a machine sees of others: names, echo replies, and whether WinRM answers. Drawn by a test, or as the fleet is. No socket is opened. */

export interface Neighbour {
  /** What its name resolves to over there; empty: the name is not known. */
  readonly addresses: readonly string[];
  /** Whether it answers an echo request. */
  readonly echo: boolean;
  readonly winrm: 'answers' | 'refused' | 'silent';
}

/** By host name or address, in lower case. */
export type NetworkPicture = Readonly<Record<string, Neighbour>>;

export interface MachineNetwork {
  look(host: string, port: number): Neighbour;
  /** Null: as the fleet is. */
  draw(picture: NetworkPicture | null): void;
}

const nobody: Neighbour = { addresses: [], echo: false, winrm: 'silent' };

/** `fleet`: what is true of the fleet now; null where it has no such machine. */
export function createMachineNetwork(fleet: (host: string, port: number) => Neighbour | null): MachineNetwork {
  let drawn: NetworkPicture | null = null;
  return {
    look(host, port) {
      const name = host.toLowerCase().replace(/^\[|\]$/g, '');
      return drawn?.[name] ?? fleet(name, port) ?? nobody;
    },
    draw(picture) {
      drawn = picture;
    },
  };
}
