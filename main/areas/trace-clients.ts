/** Clients whose exchanges are recorded, and whose secrets the recorder knows before they can be on the wire. */
import type { MachineSettings } from '../../shared/contract/machines.ts';
import type { ClientCertificate, ClientOptions, ExchangeListener, Target, WSManClient } from '../wsman/index.ts';
import type { KnownSecrets } from './known-secrets.ts';
import type { TraceRecorder } from './trace.ts';

type Encoding = Pick<ClientOptions, 'encoding'>;

export interface RecordedClients {
  /** Of a machine of the inventory. */
  ofMachine(target: Target, machineId: string): WSManClient;
  /** Of an address: recorded with the machine of the inventory that has it, or nowhere. */
  anywhere(target: Target, more?: Encoding): WSManClient;
}

export function recordedClients(
  recorder: TraceRecorder,
  world: {
    readonly createClient: (target: Target, options: ClientOptions) => WSManClient;
    /** Told of every exchange as the library gives it, contents as the recorder wants them. */
    readonly onExchange: ExchangeListener | undefined;
    readonly machines: () => ReadonlyMap<string, MachineSettings>;
  },
): RecordedClients {
  function make(target: Target, machineId: string | null, more: Encoding = {}): WSManClient {
    const { onExchange } = world;
    const known = remembering(target, recorder.secrets);
    if (machineId === null) return world.createClient(known, { ...more, onExchange });
    const { onExchange: record, recording } = recorder.recordingOf(machineId);
    return world.createClient(known, {
      ...more,
      recording,
      onExchange:
        onExchange === undefined
          ? record
          : (exchange) => {
              record(exchange);
              onExchange(exchange);
            },
    });
  }

  return {
    ofMachine: (target, machineId) => make(target, machineId),
    anywhere: (target, more) => make(target, machineAt(target, world.machines()), more),
  };
}

function machineAt({ host, port, transport }: Target, machines: ReadonlyMap<string, MachineSettings>): string | null {
  const wanted = host.toLowerCase();
  for (const [id, settings] of machines) {
    if (settings.port === port && settings.transport === transport && settings.address.toLowerCase() === wanted)
      return id;
  }
  return null;
}

/** The target itself, but what it is signed in with becomes known when it is asked for: before it can be in any message. */
function remembering(target: Target, secrets: KnownSecrets): Target {
  const { clientCertificate } = target;
  return {
    ...target,
    async password() {
      const password = await target.password();
      if (password !== null) secrets.learn(password);
      return password;
    },
    ...(clientCertificate !== undefined && {
      async clientCertificate() {
        const certificate = await clientCertificate();
        if (certificate !== null) learnCertificate(certificate, secrets);
        return certificate;
      },
    }),
  };
}

function learnCertificate(certificate: ClientCertificate, secrets: KnownSecrets): void {
  if (certificate.passphrase !== null) secrets.learn(certificate.passphrase);
  if (certificate.format === 'pem') secrets.learn(certificate.key);
}
