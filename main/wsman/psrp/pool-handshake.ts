/** How a pool comes to be on the target, and how another client finds into it (MS-PSRP 3.1.5.3.1, 3.1.5.3.14): what rides in Create and Connect. */
import type { OptionSet } from '../envelope.ts';
import { serializeClixml } from './clixml.ts';
import type { PsValue } from './clixml-types.ts';
import { hostInfoOf, type PsHost } from './host-calls.ts';
import type { Link } from './link.ts';
import {
  connectRunspacePoolValue,
  initRunspacePoolValue,
  type ProtocolVersion,
  sessionCapability,
  sessionCapabilityValue,
} from './messages.ts';
import {
  type BufferMode,
  connectionActions,
  connectPoolBody,
  createBody,
  readConnectResponse,
} from './shell-bodies.ts';

export interface NewPool {
  readonly minRunspaces?: number | undefined;
  readonly maxRunspaces?: number | undefined;
  readonly host?: PsHost | undefined;
  readonly applicationArguments?: PsValue | undefined;
  readonly name?: string | undefined;
  readonly idleTimeoutMs?: number | undefined;
  readonly bufferMode?: BufferMode | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Create, with SESSION_CAPABILITY and INIT_RUNSPACEPOOL. Rejects with the fault InvalidOptions where the version is refused. */
export async function createShell(link: Link, poolId: string, version: ProtocolVersion, pool: NewPool): Promise<void> {
  const init = initRunspacePoolValue({
    minRunspaces: pool.minRunspaces ?? 1,
    maxRunspaces: pool.maxRunspaces ?? 1,
    hostInfo: hostInfoOf(pool.host),
    applicationArguments: pool.applicationArguments ?? null,
  });
  const { name, idleTimeoutMs, bufferMode } = pool;
  const shell = { shellId: poolId, name, idleTimeoutMs, bufferMode };
  const body = createBody(shell, packetOf(link, poolId, version, 'INIT_RUNSPACEPOOL', init));
  await link.create(body, { options: versionOption(version), signal: pool.signal });
}

/** Connect, with SESSION_CAPABILITY and CONNECT_RUNSPACEPOOL; the packet in the answer. */
export async function connectShell(
  link: Link,
  poolId: string,
  version: ProtocolVersion,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const body = connectPoolBody(packetOf(link, poolId, version, 'CONNECT_RUNSPACEPOOL', connectRunspacePoolValue(null)));
  const answer = await link.ask(connectionActions.connect, body, { options: versionOption(version), signal });
  return readConnectResponse(answer.body);
}

const versionOption = (version: string): OptionSet => [{ name: 'protocolversion', value: version, mustComply: true }];

function packetOf(
  link: Link,
  poolId: string,
  version: ProtocolVersion,
  type: 'INIT_RUNSPACEPOOL' | 'CONNECT_RUNSPACEPOOL',
  value: PsValue,
): Uint8Array {
  const common = { destination: 'server', runspacePoolId: poolId, pipelineId: null } as const;
  const capability = sessionCapabilityValue(sessionCapability(version));
  return Buffer.concat([
    ...link.fragmentsOf({ ...common, type: 'SESSION_CAPABILITY', data: serializeClixml(capability) }),
    ...link.fragmentsOf({ ...common, type, data: serializeClixml(value) }),
  ]);
}
