/**
 * The words for each class of failed sign-in: what happened and what to do. Where the wire cannot separate causes, the sentence names the
 * whole set and the advice names the check that would separate them. Commands to copy stand behind a colon.
 */
import type { AuthenticationEvidence, AuthenticationReason } from '../errors.ts';
import { parseUserName } from './user-name.ts';

export interface FailureWords {
  readonly sentence: string;
  readonly advice: readonly string[];
  /** Short code to search for. */
  readonly technical: string;
  /** What Windows' own client calls it (winerror.h), unsigned. */
  readonly windowsCode: number;
  /** Where the wire gives several causes one answer: all of them, each with the check that tells it from the others. */
  readonly candidates?: readonly FailureCandidate[];
}

export interface FailureCandidate {
  /** A noun or a clause: `a wrong password`. */
  readonly what: string;
  readonly check: string;
}

export interface FailureFacts {
  /** What was thrown with the error. */
  readonly message: string;
  readonly offered: readonly string[];
  /** The other side has seen something of it: a mechanism was chosen, or a leg went out. */
  readonly wasSent: boolean;
  readonly mechanism: AuthenticationEvidence['mechanism'];
  /** `web01.corp.example:5985`, or `The machine`, at the start of a sentence. */
  readonly machine: string;
  /** As an argument of a command: the SPN, or a placeholder. */
  readonly spn: string;
  /** ` for HTTP/web01.corp.example`, or empty where none is known. */
  readonly forSpn: string;
  /** As an argument: the computer account that the SPN's host name suggests. */
  readonly computer: string;
  /** As an argument: the account without domain and realm. */
  readonly account: string;
  /** As an argument: realm or NetBIOS domain of the account. */
  readonly realm: string;
  /** As typed. */
  readonly userName: string | undefined;
}

const say = (
  sentence: string,
  advice: readonly string[],
  technical: string,
  windowsCode: number,
  candidates: readonly FailureCandidate[] = [],
): FailureWords => ({ sentence, advice, technical, windowsCode, candidates });

/** By reason. Each has a sentence, a way out, and a code to search for of its own. */
export const failureWords: Readonly<Record<AuthenticationReason, (facts: FailureFacts) => FailureWords>> = {
  rejected,

  'scheme-not-offered': ({ message, machine, mechanism, offered }) => {
    const scheme = mechanism === undefined || mechanism === 'NTLM' ? 'Negotiate' : mechanism;
    const allow =
      scheme === 'Digest'
        ? 'Digest is for management controllers: Windows does not offer it.'
        : `Allow it on the machine: winrm set winrm/config/service/auth @{${scheme}="true"}`;
    return say(
      `${machine} does not offer the way to sign in that was chosen. ${message}`,
      [
        offered.length > 0
          ? `Choose another way to sign in for it; it offers ${offered.join(', ')}.`
          : 'Choose another way to sign in for it. It offers none: a proxy may answer there, or every way is switched off.',
        allow,
      ],
      '401',
      0x803380e1,
    );
  },

  'no-credential': ({ message }) =>
    say(
      message,
      [
        'Give this machine, its group or the whole console a credential with a user name and a password, or unlock the file that keeps them.',
      ],
      'NO_CREDENTIAL',
      0x803380e5,
    ),

  'not-trusted': ({ message }) =>
    say(
      message,
      [
        'NTLM does not prove that the other side is this machine. Use Kerberos or HTTPS, or mark the machine as trusted if nobody can stand between.',
        'An HTTPS listener is made on the machine, once it has a certificate for its name: winrm quickconfig -transport:https',
      ],
      'NOT_TRUSTED',
      0x803380e4,
    ),

  'clear-text-refused': ({ message }) =>
    say(
      message,
      ['Use HTTPS, Kerberos or Negotiate, or allow clear text for this one machine.'],
      'CLEAR_TEXT',
      0x803380de,
    ),

  'weak-security': ({ message, mechanism }) =>
    say(
      message,
      [
        mechanism === 'Kerberos'
          ? 'The machine must prove who it is and agree to encryption, as every WinRM with Kerberos does: something else may answer there.'
          : 'The machine must agree to 128-bit encryption and prove who it is: see its policy "Network security: Minimum session security for NTLM SSP based servers".',
        'Use HTTPS otherwise.',
      ],
      'WEAK_SECURITY',
      0x80090331,
    ),

  'bad-token': ({ message, machine }) =>
    say(
      `${machine} and this computer did not understand each other while signing in. ${message}`,
      ['Something between may change the messages, or the other side is no Windows machine. Try HTTPS.'],
      'BAD_TOKEN',
      0x80090308,
    ),

  'wrong-password': ({ userName }) =>
    say(
      `The KDC refused the password of ${userName ?? 'this account'}.`,
      [
        'Type the password of this credential anew. It was sent once and is not sent again until it changes, so that the account is not locked.',
      ],
      'KDC_ERR_PREAUTH_FAILED',
      0x8007052e,
    ),

  'unknown-user': ({ userName, account, realm }) =>
    say(
      `The directory has no account ${userName ?? 'of this name'}.`,
      [
        'Write it as user@REALM, with the realm of the account, not of the machine. A local account of the machine cannot use Kerberos: choose Negotiate with .\\user.',
        `See whether it exists, on a computer of the domain ${realm}: net user ${account} /domain`,
      ],
      'KDC_ERR_C_PRINCIPAL_UNKNOWN',
      0x80070525,
    ),

  'account-disabled': ({ userName, account }) =>
    say(
      `The account ${userName ?? ''} is locked, disabled or expired: the KDC has one number for the three.`.replace(
        '  ',
        ' ',
      ),
      [
        `See which it is, on a computer of the domain: net user ${account} /domain`,
        `Unlock it, if it is locked: Unlock-ADAccount ${account}`,
        `Enable it, if it is disabled: Enable-ADAccount ${account}`,
      ],
      'KDC_ERR_CLIENT_REVOKED',
      0x80070533,
      [
        { what: 'the account is locked', check: `Search-ADAccount -LockedOut` },
        {
          what: 'the account is disabled',
          check: `Account active, on a computer of the domain: net user ${account} /domain`,
        },
        {
          what: 'the account has expired',
          check: `Account expires, on a computer of the domain: net user ${account} /domain`,
        },
      ],
    ),

  'account-expired': ({ userName, account }) =>
    say(
      `The account ${userName ?? ''} has expired.`.replace('  ', ' '),
      [`Extend it in the directory: Clear-ADAccountExpiration ${account}`],
      'KDC_ERR_NAME_EXP',
      0x80070701,
    ),

  'password-expired': ({ userName, account, realm }) =>
    say(
      `The password of ${userName ?? 'this account'} has expired, or must be changed at the first sign-in.`,
      [
        'Change it by signing in to a computer of the domain, then enter the new one here.',
        `From Linux and macOS: kpasswd ${account}@${realm}`,
      ],
      'KDC_ERR_KEY_EXPIRED',
      0x80070532,
    ),

  'clock-skew': ({ machine }) =>
    say(
      `The clocks of this computer, of the KDC and of ${machine === 'The machine' ? 'the machine' : machine} differ by more than Kerberos bears, which is five minutes.`,
      [
        'Set the clock right where it is wrong; on Windows: w32tm /resync',
        'On Linux: chronyc makestep',
        'A machine that was asleep or restored from a snapshot is the usual cause.',
      ],
      'KRB_AP_ERR_SKEW',
      0x80090324,
    ),

  'spn-unknown': ({ forSpn, spn, computer }) =>
    say(
      `The KDC knows no service of this name${forSpn === '' ? '' : `:${forSpn.slice(4)}`}.`,
      [
        'Use the fully qualified name of the machine, not an alias of DNS; or give the host of its SPN in the settings.',
        `Register the name if the machine shall answer to it: setspn -S ${spn} ${computer}`,
      ],
      'KDC_ERR_S_PRINCIPAL_UNKNOWN',
      0x80090303,
    ),

  'spn-wrong-account': ({ machine, forSpn, spn }) =>
    say(
      `${machine} cannot read the ticket${forSpn}: the name belongs to another account, often to that of a web site, or the machine has lost its own password.`,
      [
        `See whose it is: setspn -Q ${spn}`,
        'Choose the SPN class HOST, or one with the port (-SPNPort), for this machine; or take the SPN from the other account.',
        'If the SPN is its own, its account is out of step, on the machine: Test-ComputerSecureChannel -Repair',
      ],
      'KRB_AP_ERR_MODIFIED',
      0x80090322,
      [
        { what: 'the SPN belongs to another account', check: `See whose it is: setspn -Q ${spn}` },
        {
          what: 'the machine has lost its own password',
          check: 'On the machine: Test-ComputerSecureChannel',
        },
        {
          what: 'the name leads to another machine',
          check: `Compare with the address that the machine has itself: nslookup ${spn.replace(/^[^/]*\//, '').replace(/:.*$/, '')}`,
        },
      ],
    ),

  'no-kdc': ({ realm }) =>
    say(
      `No KDC of ${realm === 'REALM' ? 'the realm' : `the realm ${realm}`} answers.`,
      [
        'Domain controllers must be reached at TCP and UDP port 88; without DNS of the domain name them in krb5.conf, section [realms].',
        `See which one is found, on Windows: nltest /dsgetdc:${realm}`,
        `On Linux and macOS: host -t SRV _kerberos._tcp.${realm === 'REALM' ? 'REALM' : realm.toLowerCase()}`,
      ],
      'KRB5_KDC_UNREACH',
      0x80090311,
    ),

  'no-realm': ({ message }) =>
    say(
      message,
      [
        'Write the user as user@REALM, where REALM is the DNS name of the domain in capitals. An account of the machine itself cannot use Kerberos.',
        'Or set default_realm in /etc/krb5.conf, section [libdefaults].',
      ],
      'KRB5_CONFIG_NODEFREALM',
      0x8033810c,
    ),

  'no-ticket': ({ account, realm }) =>
    say(
      'Nobody is signed in to a domain at this computer: there is no ticket, or it has run out.',
      [
        `Sign in, on Linux and macOS: kinit ${account}@${realm}`,
        'See what there is: klist',
        'Or choose a credential with a password.',
      ],
      'KRB5_CC_NOTFOUND',
      0x8009030e,
    ),

  etype: ({ computer, account, forSpn }) =>
    say(
      `This computer, the KDC and the account of the service${forSpn} share no encryption type.`,
      [
        `Allow AES for the machine: Set-ADComputer ${computer} -KerberosEncryptionType AES128,AES256`,
        `And for the user, whose password must be set anew afterwards, since it has no AES key before: Set-ADUser ${account} -KerberosEncryptionType AES128,AES256`,
        'Both write msDS-SupportedEncryptionTypes. See permitted_enctypes in krb5.conf on this side.',
      ],
      'KDC_ERR_ETYPE_NOSUPP',
      0x80090342,
    ),

  'address-needs-name': ({ message }) =>
    say(
      message,
      ['Add the machine by its fully qualified name, or give the host of its SPN in the settings. Nothing was sent.'],
      'IP_ADDRESS',
      0x8033810b,
    ),

  'library-missing': ({ message }) =>
    say(
      message,
      [
        'On Debian and Ubuntu: sudo apt-get install libgssapi-krb5-2',
        'On Fedora and Red Hat: sudo dnf install krb5-libs',
        'Every way to sign in other than Kerberos works without it.',
      ],
      'LIBRARY',
      0x80090305,
    ),

  'certificate-not-mapped': ({ machine }) =>
    say(
      `${machine} took the client certificate and signed nobody in with it: it does not trust the issuer, or maps the certificate to no account.`,
      [
        'Map it, on the machine: winrm create winrm/config/service/certmapping?Issuer=THUMBPRINT_OF_THE_AUTHORITY+Subject=USER@HOST+URI=* @{UserName="NAME";Password="…"}',
        'Certificates must be allowed there: winrm set winrm/config/service/auth @{Certificate="true"}',
        'The authority must be among the trusted roots of the machine, and the account a local one.',
      ],
      '401',
      0x8009030c,
      [
        {
          what: 'the certificate is mapped to no account',
          check: 'On the machine: winrm enumerate winrm/config/service/certmapping',
        },
        {
          what: 'sign-in with certificates is switched off',
          check: 'On the machine: winrm get winrm/config/service/auth',
        },
        { what: 'its authority is not trusted there', check: 'On the machine: certutil -store Root' },
      ],
    ),

  'certificate-unusable': ({ message }) =>
    say(
      message,
      ['Choose another certificate with its key, or type its passphrase anew. Nothing was sent.'],
      'CERTIFICATE',
      0x8009030d,
    ),

  'binding-unavailable': ({ machine }) =>
    say(
      `${machine} may demand a channel binding over HTTPS (CbtHardeningLevel=Strict), which Windows' own Kerberos cannot be given from here.`,
      [
        'Use HTTP, where the messages are sealed without TLS.',
        'Or let the machine do without: winrm set winrm/config/service/auth @{CbtHardeningLevel="Relaxed"}',
      ],
      'CBT',
      0x80090346,
    ),

  policy: ({ message }) =>
    say(
      message,
      ['The way to sign in that is set for this machine allows nothing else. Choose another one in its settings.'],
      'POLICY',
      0x8033809d,
    ),

  kerberos: ({ message }) =>
    say(
      message,
      ['See the number and the text of the Kerberos library in the evidence.', 'See the tickets there are: klist'],
      'KERBEROS',
      0x8033809d,
    ),
};

/** The bare 401: what it may mean differs by mechanism, and so does what separates the causes. */
function rejected(facts: FailureFacts): FailureWords {
  const { machine, mechanism, account, userName } = facts;
  if (!facts.wasSent) {
    const anew = 'Type the password anew, or ask for this one machine again if it was changed in the directory.';
    return say(facts.message, [anew], 'NOT_SENT', 0x8007052e);
  }
  const refused = (what: string, advice: readonly string[], candidates: readonly FailureCandidate[]) =>
    say(`${machine} refused the sign-in. ${what}`, advice, '401', 0x8007052e, candidates);
  const filtered = filteredTokenAdvice(userName).map((check) => ({
    what: 'UAC has cut the rights of a local administrator',
    check,
  }));
  const hardening = {
    what: 'a channel binding is demanded that did not fit',
    check: 'CbtHardeningLevel, on the machine: winrm get winrm/config/service/auth',
  };
  const once = 'Nothing is tried again by itself, so that the account is not locked.';
  switch (mechanism) {
    case 'Kerberos':
      return refused(
        'It got a valid ticket and answers 401 without a reason: its clock may be wrong, the SPN may belong to another account, Kerberos may be switched off there, or a channel binding may be demanded over HTTPS.',
        [
          'The System log of the machine has the reason (source Security-Kerberos, event 4), its Security log event 4625.',
          'Compare the clocks, on the machine: w32tm /query /status',
          'See what it allows, on the machine: winrm get winrm/config/service/auth',
        ],
        [
          { what: 'its clock is wrong', check: 'On the machine: w32tm /query /status' },
          { what: 'the SPN belongs to another account', check: `See whose it is: setspn -Q ${facts.spn}` },
          { what: 'Kerberos is switched off there', check: 'On the machine: winrm get winrm/config/service/auth' },
          hardening,
        ],
      );
    case 'Basic':
      return refused(
        'Basic knows local accounts only: the user name or the password is wrong, or it is an account of a domain, or it is locked, disabled or expired.',
        [
          'Write the local name without a domain; for an account of a domain choose Negotiate or Kerberos.',
          `See the account, on the machine: net user ${account}`,
          ...filteredTokenAdvice(userName),
          once,
        ],
        [
          {
            what: 'a wrong user name or password',
            check: `Sign in with it at the machine itself: runas /user:${account} cmd`,
          },
          { what: 'an account of a domain, which Basic does not know', check: 'Choose Negotiate or Kerberos for it.' },
          { what: 'the account is locked, disabled or expired', check: `On the machine: net user ${account}` },
          ...filtered,
        ],
      );
    case 'Digest': {
      const pages = 'See the accounts in the web pages of the management controller.';
      return refused(
        'The user name or the password is wrong, or the account may not sign in from the network.',
        [pages, once],
        [
          {
            what: 'a wrong user name or password',
            check: 'Sign in with it in the web pages of the management controller.',
          },
          { what: 'the account may not sign in from the network', check: pages },
        ],
      );
    }
    case 'Certificate':
      return failureWords['certificate-not-mapped'](facts);
    default:
      return refused(
        'NTLM gives the same bare answer to a wrong password, to a locked, disabled or expired account, to an expired password, and to a missing channel binding.',
        [
          'Check user name and password; write a domain account as DOMAIN\\user and a local one as .\\user.',
          `What is wrong with a domain account, its domain tells: net user ${account} /domain`,
          'Kerberos tells these causes apart: choose it for this machine. On the machine, event 4625 of the Security log has the sub status: 0xC000006A wrong password, 0xC0000064 no such user, 0xC0000234 locked, 0xC0000072 disabled, 0xC0000193 expired, 0xC0000071 password expired.',
          'If it fails over HTTPS alone, see CbtHardeningLevel on the machine: winrm get winrm/config/service/auth',
          ...filteredTokenAdvice(userName),
          once,
        ],
        [
          {
            what: 'a wrong user name or password',
            check: 'Event 4625 of the Security log of the machine, sub status 0xC000006A or 0xC0000064.',
          },
          {
            what: 'the account is locked, disabled or expired',
            check: `Of a domain account: net user ${account} /domain`,
          },
          {
            what: 'the password has expired',
            check: 'Event 4625 of the Security log of the machine, sub status 0xC0000071.',
          },
          hardening,
          ...filtered,
        ],
      );
  }
}

/**
 * The command that lifts the cutting of remote tokens of local administrators by UAC, for accounts to which that happens: local ones other
 * than the built-in Administrator, and those whose kind cannot be told. Empty for accounts of a domain.
 */
export function filteredTokenAdvice(userName: string | undefined): readonly string[] {
  if (userName !== undefined) {
    const { user, domain, onTarget } = parseUserName(userName);
    const isLocal = onTarget || (domain === '' && !user.includes('@'));
    if (!isLocal || user.toLowerCase() === 'administrator') return [];
  }
  return [
    'A local administrator other than the built-in one has no administrator rights over the network until UAC is told otherwise, on the ' +
      'machine: reg add HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f',
  ];
}
