/** What a host (Electron or the web host) must supply to the console. */
export interface Environment {
  readonly version: string;
  readonly host: 'desktop' | 'browser';
  /** Where inventory, last-known state and the lock live. Made if it is not there. */
  readonly dataFolder: string;
  /** True: the inventory is the lab's, in a data folder that the host made for this run. */
  readonly demo: boolean;
  /** One line for the log; never holds a secret. */
  readonly log: (line: string) => void;
  /** Starts the simulated fleet in a process of its own. Hosts hand it in, since only entry points may import the lab. */
  readonly startLab: () => Promise<LabFleet>;
}

/** The part of a running lab that the console needs: what to add to the inventory, and how to end it. */
export interface LabFleet {
  readonly machines: readonly {
    readonly name: string;
    readonly address: string;
    readonly port: number;
    readonly transport: 'http' | 'https';
    readonly user: string;
    readonly password: string;
    readonly tags?: readonly string[];
    /** SHA-256 of the listener's certificate, HTTPS only: the lab's machines come pinned. */
    readonly certificateSha256?: string;
  }[];
  readonly close: () => Promise<void>;
}
