/** What `winrs -?` prints. */
export const winrsHelp = `winrs [switches] COMMAND

Runs a command on another machine in a shell of its own and prints what it
prints, as it comes. Switches stand before the command; everything behind them
is the command, and cmd.exe there reads it.

  winrs -r:web01 -u:CORP\\anna ipconfig /all
  winrs -r:web01 -usessl -d:C:\\Setup "msiexec /i agent.msi /quiet"
  sort < list.txt | winrs -r:web01 more

  -r, -remote:MACHINE         as in winrm ("windeck help remoting")
  -u, -username:USER          -p, -password:PASSWORD   as in winrm
  -a, -auth:SCHEME            as in winrm ("windeck help auth")
  -usessl, -ssl               HTTPS, port 5986
  -un, -unencrypted           allow clear text over HTTP
  -trusted, -skipCNcheck, -skipCAcheck   as in winrm
  -d, -directory:PATH         where the command starts; the user's profile
                              folder unless said otherwise
  -env, -environment:N=V      sets a variable; may stand several times
  -nop, -noprofile            do not load the user's profile
  -noe, -noecho               what is typed here is not shown
  -ad, -allowdelegate         Kerberos: the machine may use the ticket onward
  -codepage:N                 (Windeck's own) code page of output and of what
                              is typed; 65001, UTF-8, unless said otherwise
  -comp, -compression         accepted; nothing is compressed
  -t, -timeout:S              accepted; deprecated, and of no effect

Standard input goes to the command, to its end; from a file or a program it is
passed on byte by byte. Ctrl-C is sent to it; pressed a second time it ends
winrs, and everything that was started there with it.

The exit code is that of the command. 1 also means that it could not be run at
all, which standard error then says; 130 that it was ended here by Ctrl-C.
`;
