/** Causes that show in TLS and in the first answers over HTTP: who is it that listens there? */
import {
  type CertificateError,
  type FirstAnswer,
  ProtocolError,
  TransportError,
  type TrustFailure,
} from '../../wsman/index.ts';
import { asArgument, type Cause, type CauseId, candidate, fixesOf, fixOf, type Place } from './cause.ts';

const seeListeners = 'See the listeners, on the machine: winrm enumerate winrm/config/listener';

/** A handshake that came to nothing. `answersPlainly`: asked without TLS, the port answers in HTTP. */
export function tlsCause({ host, port }: Place, error: TransportError, answersPlainly: boolean): Cause {
  const code = error.code ?? '';
  if (answersPlainly) {
    return {
      id: 'plain-http-on-tls-port',
      sentence: `Port ${port} of ${host} speaks HTTP without TLS.`,
      detail:
        'The settings say HTTPS, and the listener there is an HTTP one: 5985 is the usual port of HTTP, 5986 that of HTTPS.',
      fixes: fixesOf([`Set the machine to HTTP: windeck diagnose -r:http://${asArgument(host)}:${port}`, seeListeners]),
    };
  }
  if (error.reason === 'connect-timeout' || error.reason === 'response-timeout') {
    return {
      id: 'tls-silent',
      sentence: `${host} takes the connection on port ${port} and then says nothing in TLS.`,
      detail: 'The program behind the port hangs, or something between swallows the handshake.',
      candidates: [
        candidate('the machine hangs or is overloaded', 'Look at its console.'),
        candidate(
          'something between passes the connection and not the handshake',
          `From another network: openssl s_client -connect ${asArgument(host)}:${port}`,
        ),
      ],
    };
  }
  const tooOld = /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|VERSION_TOO_LOW/.test(code);
  if (tooOld) {
    return {
      id: 'tls-version',
      sentence: `${host} speaks no TLS version that is still accepted: this computer needs 1.2 or later.`,
      fixes: fixesOf([
        'Let Windows Server 2008 R2 and Windows 7 speak TLS 1.2 (KB3140245), on the machine: reg add "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Server" /v Enabled /t REG_DWORD /d 1 /f',
        'Over HTTP the messages are sealed without TLS, by Kerberos or NTLM.',
      ]),
    };
  }
  if (/HANDSHAKE_FAILURE|NO_SHARED_CIPHER|INSUFFICIENT_SECURITY/.test(code)) {
    return {
      id: 'tls-handshake',
      sentence: `${host} ends the TLS handshake with alert 40: the two sides have no protocol version or cipher in common, or its certificate fits none.`,
      detail: 'Schannel sends the same alert for all of them.',
      candidates: [
        candidate('no TLS version or cipher in common', 'Event 36874 in the System log of the machine (Schannel).'),
        candidate(
          'the private key of its certificate cannot be used',
          'Event 36870 in the System log of the machine; and there: certutil -verifystore My',
        ),
      ],
      fixes: fixesOf(['See what is allowed, on the machine: Get-TlsCipherSuite']),
    };
  }
  return {
    id: 'tls-cut',
    sentence: `The connection to port ${port} of ${host} ends in the TLS handshake, without an alert that says why.`,
    detail: 'HTTP.sys does so where no certificate is bound to the port.',
    candidates: [
      candidate(
        'no certificate is bound to the listener, or it was deleted',
        `On the machine: netsh http show sslcert ipport=0.0.0.0:${port}`,
      ),
      candidate('the port belongs to a program without TLS', `On the machine: netstat -ano | findstr :${port}`),
      candidate(
        'something between ends TLS connections it does not like',
        `From another network: openssl s_client -connect ${asArgument(host)}:${port}`,
      ),
    ],
    fixes: fixesOf([seeListeners]),
  };
}

const trustIds: Readonly<Record<TrustFailure, CauseId>> = {
  'pin-changed': 'certificate-pin-changed',
  'unknown-authority': 'certificate-unknown-authority',
  'wrong-name': 'certificate-wrong-name',
  expired: 'certificate-expired',
  'not-yet-valid': 'certificate-not-yet-valid',
  unreadable: 'certificate-unreadable',
};
/** The one that no other mends comes first: a new certificate is needed for a date, whoever issued it. */
const trustOrder: readonly TrustFailure[] = [
  'pin-changed',
  'unreadable',
  'expired',
  'not-yet-valid',
  'wrong-name',
  'unknown-authority',
];

/** A certificate that is not accepted. `advice`: that of the problem. */
export function certificateCause({ host }: Place, error: CertificateError, advice: readonly string[]): Cause {
  const first = trustOrder.find((failure) => error.failures.includes(failure)) ?? 'unreadable';
  const leaf = error.chain[0];
  const selfSigned = first === 'unknown-authority' && leaf?.selfSigned === true;
  const day = (date: Date | undefined) => date?.toISOString().slice(0, 10) ?? 'an unknown day';
  const sentences: Readonly<Record<TrustFailure, string>> = {
    'pin-changed': `${host} shows another certificate than the one that was confirmed for it.`,
    'unknown-authority': selfSigned
      ? `${host} shows a certificate that it has signed itself, and nobody here has confirmed it.`
      : `No authority that this computer trusts has issued the certificate of ${host}.`,
    'wrong-name': `The certificate of ${host} is for another name: ${leaf?.names.slice(0, 4).join(', ') || 'none at all'}.`,
    expired: `The certificate of ${host} has expired on ${day(leaf?.validTo)}.`,
    'not-yet-valid': `The certificate of ${host} is not valid before ${day(leaf?.validFrom)}: it is new, or a clock is wrong.`,
    unreadable: `${host} shows something that is no readable certificate.`,
  };
  const others = error.failures.filter((failure) => failure !== first);
  return {
    id: selfSigned ? 'certificate-self-signed' : trustIds[first],
    sentence: sentences[first],
    detail:
      others.length === 0
        ? 'Nothing was sent.'
        : `Nothing was sent. Besides: ${others.join(', ').replaceAll('-', ' ')}.`,
    ...(first === 'not-yet-valid' && {
      candidates: [
        candidate('the clock of this computer is wrong', 'Compare it: w32tm /query /status'),
        candidate('the certificate was made ahead, or by a clock that is wrong', 'On the machine: certutil -store My'),
      ],
    }),
    fixes: [
      ...fixesOf(advice),
      ...(first === 'expired'
        ? [
            fixOf(
              'Once it is renewed, let the listener use it, on the machine: winrm set winrm/config/listener?Address=*+Transport=HTTPS @{CertificateThumbprint="THUMBPRINT"}',
            ),
          ]
        : []),
    ],
  };
}

/** An answer in HTTP that is not the 401 of a WS-Man listener. */
export function httpCause(
  { host, port, transport }: Place,
  answer: Pick<FirstAnswer, 'status' | 'server' | 'contentType' | 'location' | 'via' | 'excerpt'>,
): Cause {
  const { status, location } = answer;
  const at = `port ${port} of ${host}`;
  const isHtml = /html/i.test(answer.contentType ?? '') || /^\s*<(!doctype )?html/i.test(answer.excerpt);
  const isIis =
    /Microsoft-IIS/i.test(answer.server ?? '') || /\bIIS\b|Internet Information Services/i.test(answer.excerpt);
  const isHttpSys = /Microsoft-HTTPAPI/i.test(answer.server ?? '');
  if (status === 407) {
    return {
      id: 'proxy',
      sentence: `A proxy stands before ${host} and wants to be signed in to itself (HTTP 407).`,
      fixes: fixesOf([
        'WinRM does not go through proxies that ask for a password: let the machine be reached directly, or make an exception for it.',
        'See what is set on this computer, on Windows: netsh winhttp show proxy',
      ]),
    };
  }
  if (status === 502 || status === 504) {
    return {
      id: 'gateway',
      sentence: `A proxy or load balancer answers for ${host} and does not reach it (HTTP ${status}).`,
      fixes: fixesOf(['Connect to the machine itself instead, or mend the way from the gateway to it.']),
    };
  }
  if (status >= 300 && status < 400) {
    return {
      id: 'redirect',
      sentence: `${at} sends the request elsewhere (HTTP ${status}${location === null ? '' : ` to ${location.slice(0, 80)}`}).`,
      detail: 'WinRM never does that: a web server or a gateway answers there.',
      fixes: fixesOf(['Check address, port and transport; credentials do not follow to another place.', seeListeners]),
    };
  }
  if (status === 503) {
    return {
      id: 'service-unavailable',
      sentence: `HTTP.sys of ${host} answers, and WinRM behind it does not (HTTP 503).`,
      candidates: [
        candidate('the WinRM service is stopped or stopping', 'On the machine: sc query winrm'),
        candidate('the service is at its limits', 'On the machine: winrm get winrm/config/service'),
      ],
      fixes: fixesOf(['Start it anew, on the machine: sc start winrm']),
    };
  }
  if (isIis && (status === 404 || status === 403 || status === 405 || status === 200 || status === 401)) {
    return {
      id: 'iis',
      sentence: `A web site of IIS answers on ${at}, not WinRM (HTTP ${status}).`,
      detail: 'The two share HTTP.sys: WinRM has only the URL prefix of its listener, usually wsman.',
      fixes: fixesOf([
        `Use the port of WinRM: windeck diagnose -r:${asArgument(host)}${transport === 'https' ? ' -usessl' : ''}`,
        'Or let WinRM answer on the port of the web as well, on the machine: winrm set winrm/config/service @{EnableCompatibilityHttpListener="true"}',
        seeListeners,
      ]),
    };
  }
  if (status === 404) {
    return {
      id: 'wrong-path',
      sentence: `Nothing answers to this path on ${at} (HTTP 404).`,
      candidates: [
        candidate('the listener has another URL prefix', 'On the machine: winrm enumerate winrm/config/listener'),
        candidate('another program owns the port', `On the machine: netstat -ano | findstr :${port}`),
        ...(isHttpSys
          ? [
              candidate(
                'WinRM is stopped, and HTTP.sys has the port for somebody else',
                'On the machine: netsh http show servicestate',
              ),
            ]
          : []),
      ],
      fixes: fixesOf([seeListeners]),
    };
  }
  if (status === 403) {
    return {
      id: 'forbidden',
      sentence: `Who answers on ${at} forbids this client (HTTP 403).`,
      candidates: [
        candidate('a client certificate is required', `On the machine: netsh http show sslcert ipport=0.0.0.0:${port}`),
        candidate(
          'a rule of a proxy, of a web application firewall or of IIS',
          'See its log; connect from another network.',
        ),
      ],
    };
  }
  if (status === 413) {
    return {
      id: 'too-large',
      sentence: `${host} takes no message of this size (HTTP 413).`,
      detail:
        'Even the small messages of this diagnosis are larger than MaxEnvelopeSizekb allows, or a gateway has a limit of its own.',
      fixes: fixesOf(['Raise it, on the machine: winrm set winrm/config @{MaxEnvelopeSizekb="500"}']),
    };
  }
  if (status === 400 || status === 431) {
    return {
      id: 'bad-request',
      sentence: `HTTP.sys of ${host} refuses the request before WinRM sees it (HTTP ${status}).`,
      candidates: [
        candidate(
          'a Kerberos ticket that is too large for MaxFieldLength',
          'On the machine: reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters',
        ),
        candidate('a host name that it does not take', 'Use the name that the machine has itself.'),
        candidate('something between that spoils the request', 'Connect from another network.'),
      ],
      fixes: fixesOf([
        'Allow larger tickets, on the machine, then restart it: reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters /v MaxFieldLength /t REG_DWORD /d 65534 /f',
      ]),
    };
  }
  if (status === 405 || status === 411 || status === 501) {
    return {
      id: 'method-refused',
      sentence: `Who answers on ${at} takes no POST (HTTP ${status}): a web server, or something between that rewrites requests.`,
      fixes: fixesOf(['Check address and port; WinRM takes nothing but POST.', seeListeners]),
    };
  }
  if (status === 500 && answer.excerpt === '') {
    return {
      id: 'unsealed-refused',
      sentence: `${host} refuses the message with an empty HTTP 500: it takes no unencrypted messages, or could not decrypt this one.`,
      fixes: fixesOf([
        'Choose a way to sign in that seals the messages (Negotiate, Kerberos), or HTTPS.',
        'See what it allows (AllowUnencrypted), on the machine: winrm get winrm/config/service',
      ]),
    };
  }
  if (isHtml) {
    return {
      id: 'web-page',
      sentence: `A web page answers on ${at} instead of WS-Man (HTTP ${status}).`,
      detail: 'A proxy, an antivirus that looks into HTTP, a captive portal, or another program.',
      candidates: [
        candidate(
          'a proxy, a security product or a portal between',
          `From another network: windeck diagnose -r:${asArgument(host)}`,
        ),
        candidate('another program on the port', `On the machine: netstat -ano | findstr :${port}`),
      ],
    };
  }
  return {
    id: 'not-ws-man',
    sentence: `What answers on ${at} is no WS-Man (HTTP ${status}).`,
    fixes: fixesOf(['Check address, port and path.', seeListeners]),
  };
}

/** No answer in HTTP, or a broken one. `answersInTls`: asked in TLS, the port takes a handshake. */
export function noAnswerCause(place: Place, error: unknown, answersInTls: boolean): Cause {
  const { host, port } = place;
  if (answersInTls) {
    return {
      id: 'tls-on-http-port',
      sentence: `Port ${port} of ${host} speaks TLS, and the settings say HTTP.`,
      fixes: fixesOf([
        `Set the machine to HTTPS: windeck diagnose -r:https://${asArgument(host)}:${port}`,
        seeListeners,
      ]),
    };
  }
  if (error instanceof ProtocolError) {
    return {
      id: 'broken-http',
      sentence: `The HTTP that comes from port ${port} of ${host} cannot be read.`,
      detail: `${error.message} Something between rewrites answers, or another program is there.`,
      fixes: fixesOf([seeListeners]),
    };
  }
  if (error instanceof TransportError && error.reason === 'http') {
    return {
      id: 'not-http',
      sentence: `What answers on port ${port} of ${host} does not speak HTTP.`,
      ...(error.excerpt === null ? {} : { detail: `It says: ${error.excerpt.slice(0, 80)}` }),
      fixes: fixesOf([`See whose port it is, on the machine: netstat -ano | findstr :${port}`]),
    };
  }
  if (error instanceof TransportError && error.reason === 'connection-lost') {
    return {
      id: 'cut',
      sentence: `${host} takes the connection on port ${port} and ends it as soon as something is sent.`,
      candidates: [
        candidate(
          'a firewall or security product that looks into connections',
          'See its log; connect from another network.',
        ),
        candidate('another program on the port', `On the machine: netstat -ano | findstr :${port}`),
        candidate('a port that is forwarded to nowhere', 'On the machine: netsh interface portproxy show all'),
      ],
    };
  }
  return {
    id: 'silent',
    sentence: `${host} takes the connection on port ${port} and never answers.`,
    candidates: [
      candidate('WinRM or the whole machine hangs', 'Look at its console; on the machine: sc queryex winrm'),
      candidate(
        'another program on the port, which waits for something else',
        `On the machine: netstat -ano | findstr :${port}`,
      ),
      candidate('something between that passes connections and not what is sent', 'Connect from another network.'),
    ],
    fixes: fixesOf(['Start the service anew, on the machine: sc stop winrm && sc start winrm']),
  };
}

/** 401 without a scheme. */
export function noSchemeCause({ host, port }: Place): Cause {
  return {
    id: 'no-scheme',
    sentence: `${host}:${port} wants a sign-in and offers no way to do so.`,
    candidates: [
      candidate('every way to sign in is switched off', 'On the machine: winrm get winrm/config/service/auth'),
      candidate(
        'something between strips WWW-Authenticate from the answers',
        'Connect from another network, without proxies.',
      ),
      candidate(
        'only client certificates are allowed, which nobody announces',
        'On the machine: winrm enumerate winrm/config/service/certmapping',
      ),
    ],
    fixes: fixesOf([
      'Allow the usual way, at the console of the machine: winrm set winrm/config/service/auth @{Negotiate="true";Kerberos="true"}',
    ]),
  };
}
