/** Help in our own words. Every line fits 90 columns. */

const windeck = `windeck: the winrm command line, from any computer.

  windeck winrm OPERATION …       carry out one winrm line
  windeck winrs -r:MACHINE …      run a command there ("windeck help winrs")
  windeck 'winrm OPERATION …'     the same as one string: no shell takes its
                                  quotation marks and @{…} apart
  … | windeck                     lines from standard input, one after another
  windeck help [TOPIC]            this text, or one of the topics below
  windeck --version

Topics: winrm, id, get, enumerate, invoke, uris, aliases, switches, remoting,
auth, input, filters, exit-codes
`;

const winrm = `winrm, as Windows has it: reads and changes what a machine offers over
WS-Management.

  winrm id         -r:MACHINE             does it answer, and what is it
  winrm get        URI [-r:MACHINE …]     one instance
  winrm enumerate  URI [-r:MACHINE …]     all instances
  winrm invoke     ACTION URI [@{…}] [-r:MACHINE …]

Shortcuts: g, e, enum, i, identify. Case does not matter; switches start with
- or /. Without -r the machine is this one, port 5985.

  winrm get wmicimv2/Win32_OperatingSystem -r:web01 -u:CORP\\anna
  winrm e winrm/config/listener -r:web01 -u:CORP\\anna
  winrm invoke StopService wmicimv2/Win32_Service?Name=Spooler -r:web01 -u:anna

Not in this version: set, create, delete, quickconfig, helpmsg, configsddl.
"winrm help TOPIC" says more; topics: id, get, enumerate, invoke, uris, aliases,
switches, remoting, auth, input, filters, exit-codes
`;

const identify = `winrm id [-r:MACHINE] [switches]

Asks the machine who it is: protocol, vendor, version of Windows and of its
WS-Management stack.

Signed in, it is also the test that signing in works. Without -u it is who is
signed in here; where there is nobody, it is asked without signing in, and the
machine answers with its stack alone (OS: 0.0.0). -auth:none does so on purpose;
it needs -r.
`;

const get = `winrm get URI [-r:MACHINE] [switches]

Reads one instance. A class with one instance only (Win32_OperatingSystem) and
winrm/config need no key; others are named by their keys:

  winrm get winrm/config
  winrm get wmicimv2/Win32_Service?Name=WinRM

  -fragment:PATH      one property instead of all: -fragment:FreePhysicalMemory
`;

const enumerate = `winrm enumerate URI [-r:MACHINE] [switches]

Reads all instances of a class.

  winrm e winrm/config/listener
  winrm e wmicimv2/Win32_Service
  winrm e wmicimv2/* -filter:"select Name from Win32_Service where State='Stopped'"

  -filter:TEXT -dialect:DIALECT     only some of them; see "winrm help filters"
`;

const invoke = `winrm invoke ACTION URI [@{KEY="VALUE";…}] [-r:MACHINE] [switches]

Calls a method. ACTION is its name, in any case, or a full action URI.

  winrm invoke StartService wmicimv2/Win32_Service?Name=W32Time
  winrm invoke ChangeStartMode wmicimv2/Win32_Service?Name=W32Time @{StartMode="Manual"}
  winrm invoke Reboot wmicimv2/Win32_OperatingSystem -r:web01 -u:CORP\\anna

What the method answers is printed, its ReturnValue among it. A ReturnValue
other than 0 means that the machine did not do it: its meaning is then said on
standard error. The exit code stays 0, as it does in winrm.
`;

const uris = `A resource URI names what to work with:

  wmicimv2/Win32_Service?Name=WinRM          class, and keys behind the ?
  winrm/config/Listener?Address=*+Transport=HTTP
  http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service

Several keys are joined by +. A value that holds a + or a blank stands in
quotation marks: ?Name="a+b". The first word may be an alias ("winrm help
aliases"). A class in another WMI namespace: wmi/root/hardware/CLASS.
`;

const aliases = `Aliases stand for the beginning of a resource URI:

  wmi         http://schemas.microsoft.com/wbem/wsman/1/wmi
  wmicimv2    http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2
  cimv2       http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2
  cimv2.9     taken as cimv2 (printed in one article; not confirmed)
  winrm       http://schemas.microsoft.com/wbem/wsman/1
  wsman       http://schemas.microsoft.com/wbem/wsman/1
  shell       http://schemas.microsoft.com/wbem/wsman/1/windows/shell
`;

const switches = `Switches of every operation (- or /, any case, value behind a colon):

  -r, -remote, -machine:MACHINE   see "winrm help remoting"
  -u, -username:USER              DOMAIN\\user, user@domain or .\\user
  -p, -password:PASSWORD          left out: you are asked; -p:- takes the first
                                  line of standard input
  -a, -auth, -authentication:S    see "winrm help auth"
  -c, -certificate:FILE           sign in with this client certificate
  -SPNPort                        Kerberos: name the port in the SPN
  -defaultCreds                   the user who is signed in here
  -f, -format:text|xml|pretty     text unless said otherwise
  -usessl, -ssl                   HTTPS, port 5986
  -skipCNcheck                    accept a certificate made for another name
  -skipCAcheck                    accept a certificate of an unknown authority
  -un, -unencrypted               allow clear text over HTTP
  -trusted                        (Windeck's own) allow NTLM over HTTP to
                                  another machine: it cannot prove who it is
  -timeout:MS                     how long the machine may take

get: -fragment:PATH. enumerate: -filter:TEXT, -dialect:DIALECT.
Each switch stands once. Other switches of winrm are not in this version.
`;

const remoting = `-r:[http://|https://]MACHINE[:PORT][/PREFIX]

  -r:web01                 HTTP, port 5985
  -r:web01 -usessl         HTTPS, port 5986
  -r:http://web01          HTTP, port 80 (WinRM 1.1)
  -r:https://web01         HTTPS, port 443
  -r:[2001:db8::1]:5985    an IPv6 address stands in brackets

MACHINE is a NetBIOS name, a full name, or an address. Without -r, or with an
empty one, it is localhost. PREFIX is wsman unless the machine uses another.
`;

const auth = `-auth:SCHEME

  kerberos     a ticket for the machine: of the user who is signed in here, or
               had with -u; no other scheme is used in its place
  negotiate    Kerberos where it can be had, else NTLM
  certificate  a client certificate, over HTTPS: -certificate:FILE (PEM with
               its private key in it, or PFX); -certificate alone means it too.
               A passphrase is asked for, or is the first line of standard
               input. Thumbprints, as winrm takes them, are refused
  basic        user and password as they are: needs -u, and -usessl; over plain
               HTTP only with -unencrypted
  digest       for management controllers, never for WinRM: needs -u
  none         winrm id only

When nothing is said: Kerberos; but Negotiate for this computer, and where -u
names a user and the machine is trusted (HTTPS, or -trusted).

Without -u the user who is signed in here signs in: with the ticket of kinit,
or of Windows. -defaultCreds says so expressly (with -auth:negotiate and
HTTPS). Where nobody is signed in you are asked on the terminal; winrm id asks
the machine without signing in.

Kerberos wants a name, not an address: it asks for the service HTTP/NAME, then
HOST/NAME. -SPNPort adds the port: HTTP/NAME:5985.

NTLM does not prove to you that the machine is the one you mean. Over plain
HTTP it is therefore used to this computer alone, unless -trusted allows it for
the one command; over HTTPS the certificate proves it.

Not in this version: credssp.
`;

const input = `@{KEY="VALUE";KEY="VALUE"} hands values to a method; KEY=$null hands over "no
value". A value cannot hold a quotation mark. @{} means no values.

A shell takes quotation marks, $ and ; for itself. Give it the line as one
string:

  windeck 'winrm invoke Create wmicimv2/Win32_Process @{CommandLine="cmd /c x"}'
`;

const filters = `-filter:TEXT, in one of two dialects:

  WQL (when -dialect is not given, or -dialect:wql). The class in the URI is *:
    winrm e wmicimv2/* -filter:"select Name,State from Win32_Service"
  Selector: all of these properties have these values.
    winrm e wmicimv2/Win32_Service -dialect:selector -filter:{State="Stopped"}

Association filters are not in this version.
`;

const exitCodes = `Exit codes

  0     done; also where a method was called and returned something other than 0
  1     any error, as winrm has it
  2     not a command of Windeck
  130   ended by Ctrl-C

Of several lines on standard input all are carried out, and the last one that
failed gives the exit code.
`;

const topics: ReadonlyMap<string, string> = new Map([
  ['windeck', windeck],
  ['winrm', winrm],
  ['id', identify],
  ['identify', identify],
  ['get', get],
  ['g', get],
  ['enumerate', enumerate],
  ['enum', enumerate],
  ['e', enumerate],
  ['invoke', invoke],
  ['i', invoke],
  ['uris', uris],
  ['aliases', aliases],
  ['switches', switches],
  ['remoting', remoting],
  ['auth', auth],
  ['input', input],
  ['filters', filters],
  ['exit-codes', exitCodes],
]);

/** The help on a topic (lower case), or null where there is none. */
export function helpText(topic: string): string | null {
  return topics.get(topic) ?? null;
}
