/**
 * For tests only: a mechanism with the shape of Kerberos (one token each way, the target proves itself with the second) and nothing of its
 * strength. It stands in at the edge where the system's library would be asked.
 */
import { createHmac } from 'node:crypto';
import { AuthenticationError, ProtocolError } from '../errors.ts';
import { encodeDer, oidBytes } from './der.ts';
import { MechOid } from './neg-token.ts';
import type { KerberosAcceptor } from './negotiate.ts';
import type { MechContext } from './security-context.ts';

export const TEST_PRINCIPAL = 'admin@TEST.WINDECK';

/** What an acceptor sends in place of its proof, where the ticket is for another account. */
export const KRB_ERROR = token('KRB-ERROR MODIFIED');

export interface TestMechanismOptions {
  readonly key?: string;
  readonly spn?: string;
  /** Initiator: must be equal on both sides where both have one. */
  readonly channelBinding?: Uint8Array | null;
}

/** Kerberos' initial token: the number of the mechanism in front (RFC 2743 3.1). */
function token(text: string): Uint8Array {
  return encodeDer(0x60, encodeDer(0x06, oidBytes(MechOid.KERBEROS)), Buffer.from(text));
}

export function createTestInitiator(options: TestMechanismOptions = {}): MechContext {
  const state = createState('initiator', options);
  return {
    ...state.methods,
    get complete() {
      return state.isComplete();
    },
    async step(received) {
      if (received === null) return token(`AP-REQ ${options.spn ?? 'HTTP/x'} ${bindingText(options.channelBinding)}`);
      if (Buffer.compare(received, KRB_ERROR) === 0) {
        throw new AuthenticationError('The target cannot read the ticket.', {
          reason: 'spn-wrong-account',
          evidence: { mechanism: 'Kerberos', code: 41, codeName: 'KRB_AP_ERR_MODIFIED' },
        });
      }
      if (!Buffer.from(received).equals(token('AP-REP'))) {
        throw new AuthenticationError('This is no proof.', { reason: 'bad-token' });
      }
      state.setComplete();
      return null;
    },
  };
}

export function createTestAcceptor(options: TestMechanismOptions = {}): KerberosAcceptor {
  const state = createState('acceptor', options);
  return {
    ...state.methods,
    get complete() {
      return state.isComplete();
    },
    get peer() {
      return state.isComplete() ? { principal: TEST_PRINCIPAL } : null;
    },
    async step(received) {
      const expected = token(`AP-REQ ${options.spn ?? 'HTTP/x'} ${bindingText(options.channelBinding)}`);
      if (!received || !Buffer.from(received).equals(expected)) {
        throw new AuthenticationError('The ticket is not for this service.', { reason: 'rejected' });
      }
      state.setComplete();
      return token('AP-REP');
    },
  };
}

function bindingText(binding: Uint8Array | null | undefined): string {
  return binding ? Buffer.from(binding).toString('hex') : 'unbound';
}

function createState(role: 'initiator' | 'acceptor', { key = 'key' }: TestMechanismOptions) {
  let isComplete = false;
  const numbers = { initiator: 0, acceptor: 0 };
  const peer = role === 'initiator' ? 'acceptor' : 'initiator';
  const mac = (who: string, what: string, bytes: Uint8Array) =>
    new Uint8Array(createHmac('sha256', `${key} ${who} ${what}`).update(bytes).digest().subarray(0, 12));
  const mask = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte) => byte ^ 0xa5);
  const usable = () => {
    if (!isComplete) throw new ProtocolError('The security context is not complete, or has ended.');
  };
  return {
    isComplete: () => isComplete,
    setComplete() {
      isComplete = true;
    },
    methods: {
      mechanism: 'Kerberos' as const,
      oid: MechOid.KERBEROS,
      cipher: 'AES256-SHA1',
      wrap(plain: Uint8Array) {
        usable();
        return { signature: mac(role, `${numbers[role]++}`, plain), data: mask(plain) };
      },
      unwrap(signature: Uint8Array, data: Uint8Array) {
        usable();
        const plain = mask(data);
        if (Buffer.compare(mac(peer, `${numbers[peer]++}`, plain), signature) !== 0) {
          throw new ProtocolError('The signature or the sequence number of a sealed message is wrong.');
        }
        return plain;
      },
      signMechList(mechTypes: Uint8Array) {
        usable();
        return mac(role, 'mic', mechTypes);
      },
      verifyMechList(mechTypes: Uint8Array, signature: Uint8Array) {
        usable();
        return Buffer.compare(mac(peer, 'mic', mechTypes), signature) === 0;
      },
      dispose() {
        isComplete = false;
      },
    },
  };
}
