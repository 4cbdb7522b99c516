/** Help in our own words. Every line fits 90 columns. */

const windeck = `windeck: the winrm command line, from any computer.

  windeck winrm OPERATION …       carry out one winrm line
  windeck winrs -r:MACHINE …      run a command there ("windeck help winrs")
  windeck shell -r:MACHINE        an interactive PowerShell session, or cmd
  windeck ps -r:MACHINE 'SCRIPT'  run a script there; -format:json gives objects
  windeck copy FILE MACHINE:PATH  carry a file there, or back
  windeck diagnose -r:MACHINE …   why WinRM does not work
  windeck trace FILE              read an exported trace
  windeck decode TOKEN            what is in a token or an envelope
                                  (-? behind each of these six says more)
  windeck 'winrm OPERATION …'     the same as one string: no shell takes its
                                  quotation marks and @{…} apart
  … | windeck                     lines from standard input, one after another
  windeck completion bash|zsh|powershell    a script that completes lines
  windeck help [TOPIC]            this text, or one of the topics below
  windeck --version

Topics: winrm, id, get, set, create, delete, enumerate, invoke, quickconfig,
configsddl, helpmsg, uris, aliases, config, certmapping, customremoteshell,
switches, remoting, auth, proxy, input, filters, formats, completion, exit-codes
`;

const winrm = `winrm, as Windows has it: reads and changes what a machine offers over
WS-Management.

  winrm id         -r:MACHINE             does it answer, and what is it
  winrm get        URI                    one instance
  winrm set        URI @{…}               changes properties of it
  winrm create     URI @{…}               a new instance
  winrm delete     URI                    takes an instance away
  winrm enumerate  URI                    all instances
  winrm invoke     ACTION URI [@{…}]      calls a method
  winrm quickconfig                       sets remote management up
  winrm configsddl default                who may use the service
  winrm helpmsg    NUMBER                 what the number of an error means

Shortcuts: g, s, p, put, c, d, e, enum, i, identify, qc. Case does not matter;
switches start with - or /. Without -r the machine is this one, port 5985.

  winrm get wmicimv2/Win32_OperatingSystem -r:web01 -u:CORP\\anna
  winrm e winrm/config/listener -r:web01 -u:CORP\\anna
  winrm invoke StopService wmicimv2/Win32_Service?Name=Spooler -r:web01 -u:anna

"winrm help TOPIC" says more; "windeck help" lists the topics.
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
  -returntype:object|epr|objectandepr
                                    the instances, where they are, or both
  -shallow                          none of classes that derive from this one
  -basepropertiesonly               those too, but with this class's properties
`;

const set = `winrm set URI @{KEY="VALUE";…} [switches]      (s, p, put)

Reads the instance, changes the named properties and writes the whole back. A
property is named as it is written there, case and all; KEY=$null empties it.

  winrm set winrm/config/client @{TrustedHosts="web*.corp.example"}
  winrm set winrm/config/listener?Address=*+Transport=HTTP @{Enabled="true"}
  winrm set wmicimv2/Win32_Environment?Name=A+UserName=CORP\\anna @{VariableValue="b"}

  -file:FILE          the whole as XML, sent as it is
  -fragment:PATH      only that part

On a terminal, what could cut the way to the machine is asked for first.
`;

const create = `winrm create URI [@{KEY="VALUE";…}] [switches]      (c)

Makes a new instance; what is printed is where it is.

  winrm create winrm/config/listener?Address=*+Transport=HTTP
  winrm c winrm/config/Listener?Address=*+Transport=HTTPS @{CertificateThumbprint="…"}

  -file:FILE          the instance as XML, sent as it is
`;

const delete_ = `winrm delete URI [switches]      (d)

Takes one instance away.

  winrm delete winrm/config/listener?Address=*+Transport=HTTP

On a terminal, what could cut the way to the machine is asked for first.
`;

const quickconfig = `winrm quickconfig [-quiet] [-transport:http|https] [-force] [-r:MACHINE …]      (qc)

Has the machine look at its service, listener and firewall rule, shows what it
would change, asks, and changes it.

  -quiet              change it without asking
  -transport:https    a listener for HTTPS; the machine needs a certificate
  -force              also where the network is public

Unlike winrm it works from afar, where the machine can be reached. Where it
cannot, the lines to type on the machine itself are printed.
`;

const configsddl = `winrm configsddl default|URI [SDDL] [-r:MACHINE …]

Prints who may use the service (default) or one resource, as SDDL; with an SDDL
behind it, sets it. winrm opens a window for this.

  winrm configsddl default -r:web01
  winrm configsddl default O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU) -r:web01
`;

const helpmsg = `winrm helpmsg NUMBER

Says what the number of an error means, and what to do. The number is written as
errors carry it: 0x80338104, 2150859012 or -2144108284.
`;

const config = `winrm/config holds the settings of WinRM:

  winrm/config                       all of them, for get, set and invoke Restore
  winrm/config/client                and /auth, /defaultports below it
  winrm/config/service               and /auth, /defaultports below it
  winrm/config/winrs                 remote shells
  winrm/config/listener?Address=A+Transport=T      A is * or IP:10.0.0.4 or MAC:…
  winrm/config/plugin?Name=NAME      plug-ins
  winrm/config/service/certmapping   see "winrm help certmapping"

  winrm e winrm/config/listener
  winrm set winrm/config/service @{MaxConnections="100"}
  winrm invoke Restore winrm/config @{}       every setting at its default

[Source="GPO"] marks what a policy has set; it cannot be changed here.
`;

const certmapping = `winrm/config/service/certmapping says which local account a client certificate
stands for. Keys: Issuer (thumbprint of the authority), Subject, URI.

  winrm c winrm/config/service/certmapping?Issuer=I+Subject=S+URI=* -file:mapping.xml
  winrm e winrm/config/service/certmapping -r:web01

The password is never given back.
`;

const customremoteshell = `winrm/config/winrs/customremoteshell exists on WinRM 1.1 only: programs that may
stand in for cmd.exe.

  winrm e winrm/config/winrs/customremoteshell -r:http://old01
  winrm create winrm/config/winrs/customremoteshell?URI=URI @{Shell="PATH"}
`;

const proxy = `-pac, -proxyaccess:ie_settings|winhttp_settings|auto_detect|no_proxy
-pa, -proxyauth:basic|digest|negotiate      -pu, -proxyusername      -pp, -proxypassword

Windeck connects to machines directly and uses no proxy. The switches are
checked as winrm checks them, and refused in a sentence; -proxyaccess:no_proxy
says what is so anyway, and is taken.
`;

const formats = `-format:text|xml|pretty|json|table

  text     winrm's own: four blanks per level, Name = value
  xml      what the machine sent
  pretty   the same, indented
  json     values as texts, to the last digit; null where the machine says nil;
           an enumeration is one array
  table    instances as rows; a long value is cut, which … shows

json and table are Windeck's own. Errors are said as text in both.
`;

const completion = `windeck completion bash|zsh|powershell prints a script for your shell:

  source <(windeck completion bash)                   in ~/.bashrc
  source <(windeck completion zsh)                    in ~/.zshrc
  windeck completion powershell | Out-String | Invoke-Expression

Then Tab completes operations, aliases, classes, properties and switches.
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
  -f, -format:FORMAT              see "winrm help formats"
  -usessl, -ssl                   HTTPS, port 5986
  -skipCNcheck                    accept a certificate made for another name
  -skipCAcheck                    accept a certificate of an unknown authority
  -un, -unencrypted               allow clear text over HTTP
  -trusted                        (Windeck's own) allow NTLM over HTTP to
                                  another machine: it cannot prove who it is
  -timeout:MS                     how long the machine may take
  -skipRevocationcheck            accepted: revocation is not checked
  -encoding:utf-8|utf-16          how requests are written; needs -r
  -pac, -pa, -pu, -pp             see "winrm help proxy"

Of some operations:

  -fragment:PATH   get, set       -filter:TEXT, -returntype:T, -shallow,
  -file:FILE       set, create,   -basepropertiesonly, -associations
                   invoke                                enumerate
  -dialect:D       get, set,      -quiet, -transport:T, -force
                   enumerate                             quickconfig
  -options:{KEY="VALUE";KEY=$null}   what the provider of a resource takes;
                                     all that have a resource URI

Each switch stands once.
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

const input = `@{KEY="VALUE";KEY="VALUE"} hands values to set, create and invoke; KEY=$null
hands over "no value". A value cannot hold a quotation mark. @{} means no values.
-file:FILE hands over XML as it is, instead.

A shell takes quotation marks, $ and ; for itself. Give it the line as one
string:

  windeck 'winrm invoke Create wmicimv2/Win32_Process @{CommandLine="cmd /c x"}'
`;

const filters = `-filter:TEXT, in one of three dialects:

  WQL (when -dialect is not given, or -dialect:wql). The class in the URI is *:
    winrm e wmicimv2/* -filter:"select Name,State from Win32_Service"
  Selector: all of these properties have these values.
    winrm e wmicimv2/Win32_Service -dialect:selector -filter:{State="Stopped"}
  Association: from one instance to those it is associated with; with
  -associations the links themselves. The class in the URI is *:
    winrm e wmicimv2/* -dialect:association -filter:{Object=Win32_Service?Name=WinRM}
    and behind the object, apart by ;  AssociationClassName=, Role=,
    ResultClassName=, ResultRole=, IncludeResultProperty=
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
  ['set', set],
  ['s', set],
  ['put', set],
  ['p', set],
  ['create', create],
  ['c', create],
  ['delete', delete_],
  ['d', delete_],
  ['quickconfig', quickconfig],
  ['qc', quickconfig],
  ['configsddl', configsddl],
  ['helpmsg', helpmsg],
  ['config', config],
  ['certmapping', certmapping],
  ['customremoteshell', customremoteshell],
  ['proxy', proxy],
  ['formats', formats],
  ['completion', completion],
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
