/**
 * NTLMv2 as a security context, both roles (MS-NLMP 3.1.5, 3.2.5). Only one strength exists here: extended session security,
 * 128 bit, key exchange, signing and sealing. LM and NTLMv1 are never spoken, and a peer that agrees to less is refused.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { AuthenticationError, ProtocolError } from '../../errors.ts';
import { MechOid } from '../neg-token.ts';
import type { MechContext } from '../security-context.ts';
import type { UserName } from '../user-name.ts';
import { clientChallengeBlob, hmacMd5, messageIntegrityCode, ntowfV1, ntowfV2, ntProofStr, utf16 } from './crypto.ts';
import {
  type AuthenticateMessage,
  AV_FLAG_MIC_PROVIDED,
  AvId,
  type AvPairs,
  areAuthenticationFlags,
  areSigningFlags,
  areStrongFlags,
  copyOf,
  encodeAuthenticateMessage,
  encodeAvPairs,
  encodeChallengeMessage,
  encodeNegotiateMessage,
  findAvPair,
  fromUtf16,
  malformed,
  NtlmFlag,
  OFFERED_FLAGS,
  parseAuthenticateMessage,
  parseAvPairs,
  parseChallengeMessage,
  parseNegotiateMessage,
  setMic,
  takeMic,
} from './messages.ts';
import { rc4 } from './rc4.ts';
import { createNtlmSession, type NtlmSession } from './session.ts';

export interface NtlmInitiatorOptions {
  readonly role: 'initiator';
  readonly userName: UserName;
  /** Asked once, before the first token; only its hash is kept, and that only until the challenge is answered. */
  readonly password: () => Promise<string | null>;
  /** MsvAvTargetName: `HTTP/host`. */
  readonly spn: string;
  /** MD5 of the channel bindings over TLS (see channel-binding.ts), null over plain HTTP: never 16 zeros. */
  readonly channelBinding: Uint8Array | null;
  readonly workstation?: string;
  /** For published vectors only: what is otherwise taken from the clock and from `randomBytes`. */
  readonly fixed?: { readonly clientChallenge: Uint8Array; readonly exportedSessionKey: Uint8Array };
}

export interface NtlmAcceptorOptions {
  readonly role: 'acceptor';
  /** The password of an account, or null where there is none such. `domain` is as the client sent it. */
  readonly findPassword: (user: string, domain: string) => string | null | Promise<string | null>;
  /** NetBIOS name of the machine, and of its domain where it has one. */
  readonly computerName: string;
  readonly domainName?: string;
  readonly dnsComputerName?: string;
  readonly dnsDomainName?: string;
  /** What a client's channel binding must equal; null where the connection has none. */
  readonly channelBinding: Uint8Array | null;
  /** Refuse a client that sends none (CbtHardeningLevel Strict). A wrong one is refused in any case. */
  readonly requireChannelBinding?: boolean;
  /**
   * False: a client that says in its (proven) AV pairs that it sends no MIC is taken without one, as Windows does for the sake of old
   * clients; gss-ntlmssp 1.2.0 is one outside SPNEGO. Default: our challenge has a time stamp, so every client owes one (3.1.5.1.2).
   */
  readonly requireMic?: boolean;
  /**
   * False: for a listener inside TLS, which seals nothing itself. A client may then leave out signing, sealing and key exchange, as Windows
   * lets it (curl, Go's go-ntlmssp); such a context authenticates, signs SPNEGO's list where signing was agreed to, and never seals. NTLMv2
   * and extended session security stay required.
   */
  readonly requireSealing?: boolean;
}

export interface NtlmContext extends MechContext {
  /** Acceptor, once complete: who it is, as the client wrote it. */
  readonly peer: { readonly user: string; readonly domain: string; readonly workstation: string } | null;
}

export function createNtlmContext(options: NtlmInitiatorOptions | NtlmAcceptorOptions): NtlmContext {
  return options.role === 'initiator' ? createInitiator(options) : createAcceptor(options);
}

function createInitiator(options: NtlmInitiatorOptions): NtlmContext {
  const state = createState('initiator');
  let negotiate: Uint8Array | null = null;
  let passwordHash: Uint8Array | null = null;

  async function start(): Promise<Uint8Array> {
    const password = await options.password();
    if (password === null) {
      throw new AuthenticationError('There is no password for this user name.', { reason: 'no-credential' });
    }
    passwordHash = ntowfV1(password);
    negotiate = encodeNegotiateMessage(OFFERED_FLAGS);
    return negotiate;
  }

  function answer(negotiated: Uint8Array, token: Uint8Array, hash: Uint8Array): Uint8Array {
    const challenge = parseChallengeMessage(token);
    if (!areStrongFlags(challenge.flags)) throw weakSecurity('target');
    const timestamp = findAvPair(challenge.targetInfo, AvId.TIMESTAMP);
    if (timestamp && timestamp.length !== 8) throw malformed('its time stamp is not 8 bytes long');
    const avPairs = encodeAvPairs(addClientPairs(challenge.targetInfo, timestamp !== undefined, options));

    const { user, onTarget } = options.userName;
    // An account of the target itself: its own name is the domain. OMI insists on it, Windows accepts it.
    const computerName = findAvPair(challenge.targetInfo, AvId.NB_COMPUTER_NAME);
    const domain = onTarget ? (computerName ? fromUtf16(computerName) : challenge.targetName) : options.userName.domain;

    const responseKey = ntowfV2(hash, user, domain);
    const clientChallenge = options.fixed?.clientChallenge ?? randomBytes(8);
    const temp = clientChallengeBlob(timestamp ?? currentFileTime(), clientChallenge, avPairs);
    const proof = ntProofStr(responseKey, challenge.serverChallenge, temp);
    const sessionBaseKey = hmacMd5(responseKey, proof);
    const exportedSessionKey = options.fixed ? copyOf(options.fixed.exportedSessionKey) : randomBytes(16);
    // With a time stamp the LMv2 response is left empty (3.1.5.1.2): the MIC takes its place.
    const lmResponse = timestamp
      ? new Uint8Array(24)
      : Buffer.concat([hmacMd5(responseKey, challenge.serverChallenge, clientChallenge), clientChallenge]);

    const authenticate = encodeAuthenticateMessage({
      flags: (challenge.flags & OFFERED_FLAGS) >>> 0,
      lmChallengeResponse: lmResponse,
      ntChallengeResponse: Buffer.concat([proof, temp]),
      domainName: domain,
      userName: user,
      workstation: options.workstation ?? '',
      encryptedRandomSessionKey: rc4(sessionBaseKey, exportedSessionKey),
    });
    if (timestamp) setMic(authenticate, messageIntegrityCode(exportedSessionKey, negotiated, token, authenticate));
    state.establish(exportedSessionKey, true);
    for (const secret of [responseKey, sessionBaseKey, exportedSessionKey]) secret.fill(0);
    return authenticate;
  }

  return {
    ...state.methods,
    get complete() {
      return state.session !== null;
    },
    get peer() {
      return null;
    },
    async step(token) {
      if (token === null && negotiate === null) return start();
      if (token === null || negotiate === null || passwordHash === null) throw outOfTurn();
      const hash = passwordHash;
      passwordHash = null;
      try {
        return answer(negotiate, token, hash);
      } finally {
        hash.fill(0);
      }
    },
    dispose() {
      passwordHash?.fill(0);
      passwordHash = null;
      state.dispose();
    },
  };
}

/** The target's pairs, and ours: MIC flag, channel binding, target name (3.1.5.1.2). */
function addClientPairs(targetInfo: AvPairs, hasTimestamp: boolean, options: NtlmInitiatorOptions): AvPairs {
  const pairs = targetInfo.filter(([id]) => id !== AvId.CHANNEL_BINDINGS && id !== AvId.TARGET_NAME);
  if (hasTimestamp) {
    const at = pairs.findIndex(([id]) => id === AvId.FLAGS);
    const flags = new Uint8Array(4);
    if (at >= 0) flags.set(pairs[at]![1].subarray(0, 4));
    flags[0]! |= AV_FLAG_MIC_PROVIDED;
    if (at >= 0) pairs[at] = [AvId.FLAGS, flags];
    else pairs.push([AvId.FLAGS, flags]);
  }
  if (options.channelBinding) pairs.push([AvId.CHANNEL_BINDINGS, options.channelBinding]);
  pairs.push([AvId.TARGET_NAME, utf16(options.spn)]);
  return pairs;
}

function createAcceptor(options: NtlmAcceptorOptions): NtlmContext {
  const state = createState('acceptor');
  let negotiate: Uint8Array | null = null;
  let challenge: Uint8Array | null = null;
  const serverChallenge: Uint8Array = randomBytes(8);
  let peer: NtlmContext['peer'] = null;
  let isComplete = false;
  const areEnough = options.requireSealing === false ? areAuthenticationFlags : areStrongFlags;

  function offer(token: Uint8Array): Uint8Array {
    const { flags } = parseNegotiateMessage(token);
    // Python's ntlm-auth leaves UNICODE and NTLM out of its first message and takes both from the challenge, as Windows lets it.
    const spoken = flags | NtlmFlag.UNICODE | NtlmFlag.NTLM;
    if (!areEnough(spoken)) throw weakSecurity('client');
    const agreed = (spoken & OFFERED_FLAGS) | NtlmFlag.TARGET_INFO | NtlmFlag.VERSION | NtlmFlag.REQUEST_TARGET;
    const inDomain = options.domainName !== undefined;
    const domainName = options.domainName ?? options.computerName;
    negotiate = copyOf(token);
    challenge = encodeChallengeMessage({
      flags: (agreed | (inDomain ? NtlmFlag.TARGET_TYPE_DOMAIN : NtlmFlag.TARGET_TYPE_SERVER)) >>> 0,
      serverChallenge,
      targetName: domainName,
      targetInfo: [
        [AvId.NB_DOMAIN_NAME, utf16(domainName)],
        [AvId.NB_COMPUTER_NAME, utf16(options.computerName)],
        [AvId.DNS_DOMAIN_NAME, utf16(options.dnsDomainName ?? options.computerName)],
        [AvId.DNS_COMPUTER_NAME, utf16(options.dnsComputerName ?? options.computerName)],
        [AvId.TIMESTAMP, currentFileTime()],
      ],
    });
    return challenge;
  }

  async function check(negotiated: Uint8Array, offered: Uint8Array, token: Uint8Array): Promise<void> {
    const message = parseAuthenticateMessage(token);
    if (!areEnough(message.flags)) throw weakSecurity('client');
    const response = message.ntChallengeResponse;
    // 24 bytes are an NTLMv1 response; a v2 response holds the proof, 28 bytes of blob and at least MsvAvEOL.
    if (response.length < 16 + 28 + 4) throw weakSecurity('client');
    const password = await options.findPassword(message.userName, message.domainName);
    // An unknown account is computed like a known one, so that both fail alike.
    const passwordHash = ntowfV1(password ?? '');
    const responseKey = ntowfV2(passwordHash, message.userName, message.domainName);
    const proof = ntProofStr(responseKey, serverChallenge, response.subarray(16));
    if (!isEqual(proof, response.subarray(0, 16)) || password === null || message.userName === '') {
      throw new AuthenticationError('The user name or the password is wrong.', { reason: 'rejected' });
    }
    const sessionBaseKey = hmacMd5(responseKey, proof);
    const exportedSessionKey = exchangeKey(message, sessionBaseKey);
    const avPairs = parseAvPairs(response.subarray(16 + 28));
    if (options.requireMic !== false || claimsMic(avPairs)) {
      checkMic(exportedSessionKey, negotiated, offered, token, message.micOffset);
    }
    checkChannelBinding(avPairs);
    peer = { user: message.userName, domain: message.domainName, workstation: message.workstation };
    if (areSigningFlags(message.flags)) state.establish(exportedSessionKey, areStrongFlags(message.flags));
    isComplete = true;
    for (const secret of [passwordHash, responseKey, sessionBaseKey, exportedSessionKey]) secret.fill(0);
  }

  function checkMic(
    key: Uint8Array,
    negotiated: Uint8Array,
    offered: Uint8Array,
    token: Uint8Array,
    at: number | null,
  ) {
    const taken = at === null ? null : takeMic(token, at);
    if (!taken || !isEqual(messageIntegrityCode(key, negotiated, offered, taken.withoutMic), taken.mic)) {
      throw new AuthenticationError('The message integrity code of the NTLM exchange is missing or wrong.', {
        reason: 'bad-token',
      });
    }
  }

  function checkChannelBinding(avPairs: AvPairs): void {
    const received = findAvPair(avPairs, AvId.CHANNEL_BINDINGS);
    const sent = received?.some((byte) => byte !== 0) ? received : undefined;
    const expected = options.channelBinding;
    const isRight = sent === undefined ? !options.requireChannelBinding : expected === null || isEqual(expected, sent);
    if (!isRight) {
      throw new AuthenticationError('The channel binding is missing, or belongs to another TLS connection.', {
        reason: 'rejected',
      });
    }
  }

  return {
    ...state.methods,
    get complete() {
      return isComplete;
    },
    get peer() {
      return peer;
    },
    async step(token) {
      if (token === null || isComplete) throw outOfTurn();
      if (negotiate === null || challenge === null) return offer(token);
      await check(negotiate, challenge, token);
      return null;
    },
    dispose() {
      isComplete = false;
      state.dispose();
    },
  };
}

/** ExportedSessionKey (MS-NLMP 3.2.5.1.2): the client's own, or without key exchange the base key itself. */
function exchangeKey(message: AuthenticateMessage, sessionBaseKey: Uint8Array): Uint8Array {
  if ((message.flags & NtlmFlag.KEY_EXCH) === 0) return copyOf(sessionBaseKey);
  if (message.encryptedRandomSessionKey.length !== 16) throw malformed('its session key is not 16 bytes long');
  return rc4(sessionBaseKey, message.encryptedRandomSessionKey);
}

function claimsMic(avPairs: AvPairs): boolean {
  return ((findAvPair(avPairs, AvId.FLAGS)?.[0] ?? 0) & AV_FLAG_MIC_PROVIDED) !== 0;
}

/** What both roles do once the keys are there. */
function createState(role: 'initiator' | 'acceptor') {
  let session: NtlmSession | null = null;
  let canSeal = false;
  const established = (): NtlmSession => {
    if (session === null) throw new ProtocolError('The security context is not complete, or has ended.');
    return session;
  };
  const sealing = (): NtlmSession => {
    if (session !== null && !canSeal) throw new ProtocolError('Sealing was not agreed to.');
    return established();
  };
  return {
    get session() {
      return session;
    },
    establish(exportedSessionKey: Uint8Array, withSealing: boolean): void {
      session = createNtlmSession(exportedSessionKey, role);
      canSeal = withSealing;
    },
    dispose(): void {
      session?.wipe();
      session = null;
    },
    methods: {
      mechanism: 'NTLM' as const,
      oid: MechOid.NTLMSSP,
      cipher: 'RC4-128',
      wrap: (plain: Uint8Array) => sealing().seal(plain),
      unwrap: (signature: Uint8Array, data: Uint8Array) => sealing().unseal(signature, data),
      signMechList: (message: Uint8Array) => established().signMechList(message),
      verifyMechList: (message: Uint8Array, signature: Uint8Array) => established().verifyMechList(message, signature),
    },
  };
}

/** Now, in 100 ns since 1601, little endian (FILETIME). */
function currentFileTime(): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(Date.now()) + 11_644_473_600_000n) * 10_000n, true);
  return bytes;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function weakSecurity(who: 'target' | 'client'): AuthenticationError {
  return new AuthenticationError(`The ${who} does not agree to NTLMv2 with 128-bit signing and sealing.`, {
    reason: 'weak-security',
  });
}

function outOfTurn(): AuthenticationError {
  return new AuthenticationError('An NTLM token came out of turn.', { reason: 'bad-token' });
}
