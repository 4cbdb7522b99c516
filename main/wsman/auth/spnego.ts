/**
 * SPNEGO (RFC 4178, MS-SPNG) around one inner mechanism, both roles. The list of mechanisms has one entry, so nothing can be
 * negotiated down; mechListMIC is made and checked all the same, since Windows sends and expects it with NTLM.
 *
 * Deviation seen: a mechListMIC equal to the responseToken is a bug of old servers and is passed over.
 */
import { AuthenticationError, type AuthenticationReason } from '../errors.ts';
import { type DerElement, encodeDer, oidText, readDer, readDerList } from './der.ts';
import type { MechContext, OwnContext, SecurityContext } from './security-context.ts';

const SPNEGO_OID = Uint8Array.of(0x2b, 0x06, 0x01, 0x05, 0x05, 0x02);
const NTLMSSP_OID = Uint8Array.of(0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a);
const NTLMSSP = '1.3.6.1.4.1.311.2.2.10';

const Tag = { OCTET_STRING: 0x04, OID: 0x06, ENUMERATED: 0x0a, SEQUENCE: 0x30, APPLICATION: 0x60 } as const;
const field = (number: number) => 0xa0 + number;

/** negState of NegTokenResp (RFC 4178 4.2.2). */
export const NegState = { ACCEPT_COMPLETED: 0, ACCEPT_INCOMPLETE: 1, REJECT: 2, REQUEST_MIC: 3 } as const;

export interface NegTokenInit {
  readonly mechTypes: readonly string[];
  /** The MechTypeList as encoded: what mechListMIC signs. */
  readonly mechTypesDer: Uint8Array;
  readonly mechToken: Uint8Array | null;
}
export interface NegTokenResp {
  readonly negState: number | null;
  readonly supportedMech: string | null;
  readonly responseToken: Uint8Array | null;
  readonly mechListMic: Uint8Array | null;
}

/** The inner mechanism, carried inside SPNEGO. */
export function createSpnegoContext(inner: MechContext, role: 'initiator' | 'acceptor'): OwnContext {
  let complete = false;
  const setComplete = () => {
    complete = true;
  };
  const step = role === 'initiator' ? initiate(inner, setComplete) : accept(inner, setComplete);
  return {
    mechanism: inner.mechanism,
    get cipher() {
      return inner.cipher;
    },
    get complete() {
      return complete;
    },
    step,
    wrap: inner.wrap,
    unwrap: inner.unwrap,
    dispose() {
      complete = false;
      inner.dispose();
    },
  };
}

function initiate(inner: MechContext, setComplete: () => void): SecurityContext['step'] {
  const mechTypes = encodeDer(Tag.SEQUENCE, encodeDer(Tag.OID, NTLMSSP_OID));
  let state: 'start' | 'stepping' | 'awaiting-final' | 'done' = 'start';

  return async (token) => {
    if (state === 'start' && token === null) {
      const mechToken = await inner.step(null);
      state = 'stepping';
      return encodeNegTokenInit(mechTypes, mechToken ?? new Uint8Array(0));
    }
    if (token === null || state === 'start' || state === 'done') throw badToken('it came out of turn');
    const response = parseNegTokenResp(token);
    if (response.negState === NegState.REJECT) {
      const isLast = state === 'awaiting-final';
      throw refused(isLast ? 'rejected' : 'bad-token', 'The target rejected the SPNEGO negotiation.');
    }
    if (response.supportedMech !== null && response.supportedMech !== NTLMSSP) {
      throw badToken('it selects a mechanism that was not offered');
    }
    if (state === 'awaiting-final') {
      checkMechListMic(inner, mechTypes, response);
      if (response.negState !== NegState.ACCEPT_COMPLETED) throw badToken('the negotiation was not completed');
      state = 'done';
      setComplete();
      return null;
    }
    if (response.responseToken === null) throw badToken('it holds no NTLM challenge');
    const answer = await inner.step(response.responseToken);
    if (!inner.complete || answer === null) throw badToken('NTLM did not complete');
    state = 'awaiting-final';
    return encodeNegTokenResp({
      negState: NegState.ACCEPT_INCOMPLETE,
      supportedMech: null,
      responseToken: answer,
      mechListMic: inner.signMechList(mechTypes),
    });
  };
}

function accept(inner: MechContext, setComplete: () => void): SecurityContext['step'] {
  let mechTypes: Uint8Array | null = null;
  let micRequired = false;
  let done = false;

  return async (token) => {
    if (token === null || done) throw badToken('it came out of turn');
    if (mechTypes === null) {
      const init = parseNegTokenInit(token);
      if (!init.mechTypes.includes(NTLMSSP)) throw refused('bad-token', 'The client does not offer NTLM.');
      mechTypes = new Uint8Array(init.mechTypesDer);
      // Only the first mechanism of the list may bring its token along (RFC 4178 4.2.1).
      const isFirst = init.mechTypes[0] === NTLMSSP;
      micRequired = !isFirst;
      const answer = isFirst && init.mechToken ? await inner.step(init.mechToken) : null;
      return encodeNegTokenResp({
        negState: isFirst ? NegState.ACCEPT_INCOMPLETE : NegState.REQUEST_MIC,
        supportedMech: NTLMSSP,
        responseToken: answer,
        mechListMic: null,
      });
    }
    const response = parseNegTokenResp(token);
    if (response.responseToken === null) throw badToken('it holds no NTLM token');
    const answer = await inner.step(response.responseToken);
    if (!inner.complete) {
      return encodeNegTokenResp({
        negState: NegState.ACCEPT_INCOMPLETE,
        supportedMech: null,
        responseToken: answer,
        mechListMic: null,
      });
    }
    const hasMic = checkMechListMic(inner, mechTypes, response);
    if (micRequired && !hasMic) throw badToken('its mechListMIC is missing');
    done = true;
    const final = encodeNegTokenResp({
      negState: NegState.ACCEPT_COMPLETED,
      supportedMech: null,
      responseToken: null,
      mechListMic: hasMic ? inner.signMechList(mechTypes) : null,
    });
    setComplete();
    return final;
  };
}

/** True where there was a mechListMIC and it is right; throws where it is wrong. */
function checkMechListMic(inner: MechContext, mechTypes: Uint8Array, response: NegTokenResp): boolean {
  const mic = response.mechListMic;
  if (mic === null) return false;
  if (response.responseToken !== null && Buffer.compare(mic, response.responseToken) === 0) return false;
  if (!inner.verifyMechList(mechTypes, mic)) throw badToken('its mechListMIC is wrong');
  return true;
}

/** True for an InitialContextToken of SPNEGO, or a bare NegTokenInit / NegTokenResp. */
export function isSpnegoToken(token: Uint8Array): boolean {
  return token[0] === Tag.APPLICATION || token[0] === field(0) || token[0] === field(1);
}

export function encodeNegTokenInit(mechTypes: Uint8Array, mechToken: Uint8Array): Uint8Array {
  const fields = [encodeDer(field(0), mechTypes), encodeDer(field(2), encodeDer(Tag.OCTET_STRING, mechToken))];
  const init = encodeDer(field(0), encodeDer(Tag.SEQUENCE, ...fields));
  return encodeDer(Tag.APPLICATION, encodeDer(Tag.OID, SPNEGO_OID), init);
}

/** Reads NegTokenInit and Microsoft's NegTokenInit2, whose hints are passed over. */
export function parseNegTokenInit(token: Uint8Array): NegTokenInit {
  return reading(() => {
    let outer = readDer(token);
    if (outer.tag === Tag.APPLICATION) {
      const [mech, inner] = readDerList(outer.value);
      if (mech?.tag !== Tag.OID || Buffer.compare(mech.value, SPNEGO_OID) !== 0 || !inner) {
        throw badToken('it is not of SPNEGO');
      }
      outer = inner;
    }
    if (outer.tag !== field(0)) throw badToken('it is not a NegTokenInit');
    const fields = readFields(outer);
    const list = fields.get(0);
    if (list?.tag !== Tag.SEQUENCE) throw badToken('it lists no mechanisms');
    return {
      mechTypes: readDerList(list.value).map((mech) => oidText(mech.value)),
      mechTypesDer: list.whole,
      mechToken: octets(fields.get(2)),
    };
  });
}

export function encodeNegTokenResp(response: NegTokenResp): Uint8Array {
  const fields: Uint8Array[] = [];
  if (response.negState !== null) {
    fields.push(encodeDer(field(0), encodeDer(Tag.ENUMERATED, Uint8Array.of(response.negState))));
  }
  if (response.supportedMech !== null) fields.push(encodeDer(field(1), encodeDer(Tag.OID, NTLMSSP_OID)));
  if (response.responseToken) {
    fields.push(encodeDer(field(2), encodeDer(Tag.OCTET_STRING, response.responseToken)));
  }
  if (response.mechListMic) fields.push(encodeDer(field(3), encodeDer(Tag.OCTET_STRING, response.mechListMic)));
  return encodeDer(field(1), encodeDer(Tag.SEQUENCE, ...fields));
}

export function parseNegTokenResp(token: Uint8Array): NegTokenResp {
  return reading(() => {
    const outer = readDer(token);
    if (outer.tag !== field(1)) throw badToken('it is not a NegTokenResp');
    const fields = readFields(outer);
    const negState = fields.get(0);
    const supportedMech = fields.get(1);
    return {
      negState: negState?.tag === Tag.ENUMERATED ? (negState.value[0] ?? null) : null,
      supportedMech: supportedMech?.tag === Tag.OID ? oidText(supportedMech.value) : null,
      responseToken: octets(fields.get(2)),
      mechListMic: octets(fields.get(3)),
    };
  });
}

/** The explicitly tagged fields of the SEQUENCE in `outer`, by number. */
function readFields(outer: DerElement): Map<number, DerElement> {
  const sequence = readDer(outer.value);
  if (sequence.tag !== Tag.SEQUENCE) throw badToken('it is not a sequence');
  return new Map(readDerList(sequence.value).map((item) => [item.tag - field(0), readDer(item.value)]));
}

function octets(element: DerElement | undefined): Uint8Array | null {
  return element?.tag === Tag.OCTET_STRING && element.value.length > 0 ? element.value : null;
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RangeError) throw badToken('it is not DER', cause);
    throw cause;
  }
}

function badToken(what: string, cause?: unknown): AuthenticationError {
  return new AuthenticationError(`The SPNEGO token cannot be accepted: ${what}.`, { reason: 'bad-token', cause });
}

function refused(reason: AuthenticationReason, message: string): AuthenticationError {
  return new AuthenticationError(message, { reason });
}
