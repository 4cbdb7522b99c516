/**
 * SPNEGO (RFC 4178, MS-SPNG): which mechanism, and proof that nobody changed the list. Both roles, over one or several mechanisms.
 *
 * The initiator offers its mechanisms in order with the first one's token at once. The acceptor takes the first of the list that it has,
 * having no order of its own; where that is not the first, it asks for mechListMIC, and none of both ends without the other's
 * (section 5). Otherwise mechListMIC is optional: with NTLM it is sent all the same, as Windows does, and then expected in return;
 * with Kerberos it is checked where it comes (OMI sends one).
 *
 * Deviations seen: a mechListMIC equal to the responseToken is a bug of old servers and is passed over; Windows picks Kerberos under
 * either of its two numbers; later answers leave out supportedMech or negState.
 */
import { AuthenticationError, type AuthenticationReason } from '../errors.ts';
import {
  badToken,
  encodeMechTypes,
  encodeNegTokenInit,
  encodeNegTokenResp,
  MechOid,
  mechanismOf,
  NegState,
  type NegTokenResp,
  parseNegTokenInit,
  parseNegTokenResp,
} from './neg-token.ts';
import type { MechContext, OwnContext } from './security-context.ts';

export interface SpnegoContext extends OwnContext {
  /** The mechanism has its keys: a message can be sealed, though the peer may still owe its last word. */
  readonly established: boolean;
}

/** What both roles keep: the mechanism in use, and whether all is said. */
interface Negotiation {
  chosen: MechContext;
  complete: boolean;
  /** Nothing more is said after an error. */
  hasFailed: boolean;
}

/** `mechs`: in order of preference, at least one. They belong to the context from here on. Throws AuthenticationError from `step`. */
export function createSpnegoContext(mechs: readonly MechContext[], role: 'initiator' | 'acceptor'): SpnegoContext {
  const state: Negotiation = { chosen: mechs[0]!, complete: false, hasFailed: false };
  const step = role === 'initiator' ? initiate(mechs, state) : accept(mechs, state);
  let isBegun = false;
  return {
    get mechanism() {
      return state.chosen.mechanism;
    },
    get cipher() {
      return state.chosen.cipher;
    },
    get complete() {
      return state.complete;
    },
    get established() {
      return state.chosen.complete;
    },
    async step(token) {
      const isOutOfTurn = token === null ? role === 'acceptor' || isBegun : role === 'initiator' && !isBegun;
      if (state.hasFailed || state.complete || isOutOfTurn) throw badToken('it came out of turn');
      isBegun = true;
      try {
        return await step(token);
      } catch (cause) {
        state.hasFailed = true;
        throw cause;
      }
    },
    wrap: (plain) => state.chosen.wrap(plain),
    unwrap: (signature, data) => state.chosen.unwrap(signature, data),
    dispose() {
      state.complete = false;
      for (const mech of mechs) mech.dispose();
    },
  };
}

/** In turn: the first call of an initiator, and only that, has no token. */
type Step = (token: Uint8Array | null) => Promise<Uint8Array | null>;

/** Kerberos goes under both of its numbers: some old acceptors know only Microsoft's. */
function numbersOf(mech: MechContext): readonly string[] {
  return mech.oid === MechOid.KERBEROS ? [MechOid.KERBEROS, MechOid.MS_KERBEROS] : [mech.oid];
}

function initiate(mechs: readonly MechContext[], state: Negotiation): Step {
  const mechTypes = encodeMechTypes(mechs.flatMap(numbersOf));
  let isFirst = true;
  let isMicRequired = false;
  let isMicSent = false;
  let isMicVerified = false;

  /** Takes up the acceptor's choice. True where it is another than the one that has begun. */
  function choose(response: NegTokenResp): boolean {
    if (response.negState === NegState.REQUEST_MIC) {
      if (!isFirst) throw badToken('it asks for a mechListMIC after the first answer');
      isMicRequired = true;
    }
    if (response.supportedMech === null) return false;
    const mech = mechs.find(({ oid }) => oid === mechanismOf(response.supportedMech!));
    if (!mech && response.supportedMech === MechOid.NTLMSSP) {
      throw refused('policy', 'The target wants NTLM, which was not offered to it: only Kerberos may be used.');
    }
    if (!mech) throw badToken('it selects a mechanism that was not offered');
    if (mech === state.chosen) return false;
    if (!isFirst) throw badToken('it selects another mechanism than before');
    state.chosen.dispose();
    state.chosen = mech;
    isMicRequired = true;
    return true;
  }

  function conclude(response: NegTokenResp, answer: Uint8Array | null): Uint8Array | null {
    const mic = checkMechListMic(state.chosen, mechTypes, response);
    isMicVerified ||= mic === 'right';
    const isOver =
      response.negState === NegState.ACCEPT_COMPLETED || (response.negState === null && (isMicSent || !isMicRequired));
    if (isOver && answer === null) {
      const isOwed = isMicRequired || (isMicSent && mic !== 'passed-over');
      if (isOwed && !isMicVerified) throw badToken('its mechListMIC is missing');
      state.complete = true;
      return null;
    }
    if (response.negState === NegState.ACCEPT_COMPLETED || isMicSent)
      throw badToken('the negotiation was not completed');
    isMicSent = true;
    // Where theirs has come already, ours is the last word.
    if (answer === null && isMicVerified) state.complete = true;
    return encodeNegTokenResp({
      negState: state.complete ? NegState.ACCEPT_COMPLETED : NegState.ACCEPT_INCOMPLETE,
      supportedMech: null,
      responseToken: answer,
      mechListMic: state.chosen.signMechList(mechTypes),
    });
  }

  return async (token) => {
    if (token === null) return encodeNegTokenInit(mechTypes, await state.chosen.step(null));
    const response = parseNegTokenResp(token);
    if (response.negState === NegState.REJECT) throw await rejection(state.chosen, response);
    const isSwitched = choose(response);
    isFirst = false;
    const { chosen } = state;
    let answer: Uint8Array | null = null;
    // What comes along with another mechanism's name was not made for what has yet to begin.
    if (isSwitched) answer = await chosen.step(null);
    else if (!chosen.complete) {
      if (response.responseToken === null) throw badToken(`it holds nothing for ${chosen.mechanism}`);
      answer = await chosen.step(response.responseToken);
    }
    if (chosen.complete) return conclude(response, answer);
    if (response.negState === NegState.ACCEPT_COMPLETED || answer === null) {
      throw badToken(`it ends the negotiation before ${chosen.mechanism} is complete`);
    }
    return encodeNegTokenResp({
      negState: NegState.ACCEPT_INCOMPLETE,
      supportedMech: null,
      responseToken: answer,
      mechListMic: null,
    });
  };
}

function accept(mechs: readonly MechContext[], state: Negotiation): Step {
  let mechTypes: Uint8Array | null = null;
  let isMicRequired = false;
  let isMicSent = false;

  async function choose(token: Uint8Array): Promise<Uint8Array | null> {
    const init = parseNegTokenInit(token);
    const supportedMech = init.mechTypes.find((number) => mechs.some(({ oid }) => oid === mechanismOf(number)));
    const chosen = mechs.find(({ oid }) => supportedMech !== undefined && oid === mechanismOf(supportedMech));
    if (!supportedMech || !chosen) {
      throw refused('bad-token', 'The client offers no mechanism that is accepted here.');
    }
    state.chosen = chosen;
    mechTypes = new Uint8Array(init.mechTypesDer);
    // Only the first mechanism of the list may bring its token along (4.2.1).
    const isFirst = mechanismOf(init.mechTypes[0]!) === chosen.oid;
    isMicRequired = !isFirst;
    const answer = isFirst && init.mechToken ? await chosen.step(init.mechToken) : null;
    if (chosen.complete) return conclude(mechTypes, null, answer, supportedMech);
    return encodeNegTokenResp({
      negState: isMicRequired ? NegState.REQUEST_MIC : NegState.ACCEPT_INCOMPLETE,
      supportedMech,
      responseToken: answer,
      mechListMic: null,
    });
  }

  function conclude(
    list: Uint8Array,
    response: NegTokenResp | null,
    answer: Uint8Array | null,
    supportedMech: string | null,
  ): Uint8Array | null {
    const { chosen } = state;
    const isRight = response !== null && checkMechListMic(chosen, list, response) === 'right';
    // A client whose mechanism is complete has no later leg in which to send it.
    if (isMicRequired && !isRight && answer === null) throw badToken('its mechListMIC is missing');
    const isLastWord = isRight || !isMicRequired;
    const signs = !isMicSent && (isMicRequired || isRight);
    const mechListMic = signs ? chosen.signMechList(list) : null;
    const hasSaidAll = isMicSent && answer === null;
    isMicSent ||= signs;
    state.complete = isLastWord;
    if (hasSaidAll) return null;
    return encodeNegTokenResp({
      negState: isLastWord ? NegState.ACCEPT_COMPLETED : NegState.ACCEPT_INCOMPLETE,
      supportedMech,
      responseToken: answer,
      mechListMic,
    });
  }

  return async (token) => {
    if (token === null) throw badToken('it came out of turn');
    if (mechTypes === null) return choose(token);
    const { chosen } = state;
    const response = parseNegTokenResp(token);
    if (response.negState === NegState.REJECT)
      throw refused('bad-token', 'The client rejected the SPNEGO negotiation.');
    let answer: Uint8Array | null = null;
    if (!chosen.complete) {
      if (response.responseToken === null) throw badToken(`it holds nothing for ${chosen.mechanism}`);
      answer = await chosen.step(response.responseToken);
    }
    if (chosen.complete) return conclude(mechTypes, response, answer, null);
    return encodeNegTokenResp({
      negState: NegState.ACCEPT_INCOMPLETE,
      supportedMech: null,
      responseToken: answer,
      mechListMic: null,
    });
  };
}

/** Throws where there is a mechListMIC and it is wrong. */
function checkMechListMic(
  mech: MechContext,
  mechTypes: Uint8Array,
  response: NegTokenResp,
): 'right' | 'missing' | 'passed-over' {
  const mic = response.mechListMic;
  if (mic === null) return 'missing';
  if (response.responseToken !== null && Buffer.compare(mic, response.responseToken) === 0) return 'passed-over';
  if (!mech.verifyMechList(mechTypes, mic)) throw badToken('its mechListMIC is wrong');
  return 'right';
}

/**
 * Why the target said `reject`. Kerberos puts the reason into the responseToken (KRB-ERROR, RFC 4121 4.1), and the mechanism can tell it.
 * NTLM that has not answered the challenge yet was refused as a mechanism; anything later is a refusal of the credentials.
 */
async function rejection(chosen: MechContext, response: NegTokenResp): Promise<unknown> {
  if (response.responseToken !== null && !chosen.complete) {
    try {
      await chosen.step(response.responseToken);
    } catch (cause) {
      return cause;
    }
  }
  const hasSentCredentials = chosen.complete || chosen.mechanism === 'Kerberos';
  return refused(
    hasSentCredentials ? 'rejected' : 'bad-token',
    `The target rejected the SPNEGO negotiation of ${chosen.mechanism}.`,
  );
}

function refused(reason: AuthenticationReason, message: string): AuthenticationError {
  return new AuthenticationError(message, { reason });
}
