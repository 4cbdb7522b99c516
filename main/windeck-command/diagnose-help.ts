/** Every line fits 90 columns. */
export const diagnoseHelp = `windeck diagnose [-r:MACHINE] [switches]

Why does WinRM not work there? Asks layer by layer, for ten seconds at most: name,
ports, TLS, who answers, schemes, Identify; then one sign-in, and with it the
configuration, the service, WMI and a shell. One sentence names the cause, with
what to do. Causes that look alike from here are named together, each with the
check that tells it from the others.

  windeck diagnose -r:web01 -u:CORP\\anna
  windeck diagnose -r:web01 -usessl -u:anna -format:json

  -other:MACHINE      the way back: does the machine reach that one over WinRM?
  -format:text|json|markdown
                      json for scripts, markdown for a ticket

A password is sent once. Without -r it is this computer. Switches for signing in
and certificates are those of winrm: "winrm help auth", "winrm help remoting".

Exit code: 0 where everything works, 1 where something does not, 2 for wrong
usage, 130 when it was cancelled.
`;
