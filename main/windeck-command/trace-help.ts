/** Help on `windeck decode` and `windeck trace`. Every line fits 90 columns. */

export const decodeHelp = `windeck decode [TEXT] [-file:FILE] [-format:text|json]

Says what a token, a header or a message holds. Nothing is sent anywhere. TEXT, or
a file, or standard input, may be

  a token           of NTLM, SPNEGO or Kerberos, in base64 or hexadecimal, or as it is
  a header          Authorization: Negotiate TlRMTVNT…   WWW-Authenticate: Negotiate …
  a SOAP message    action, resource, selectors, fault, and the XML laid out
  a sealed body     multipart/encrypted, its outer form
  fragments of PSRP inside the streams of a SOAP message: their headers

  windeck decode 'Authorization: Negotiate TlRMTVNTUAABAAAAt4II4gAAAAAAAAAAAAAAAAAAAAAK…'
  windeck decode -file:request.xml
  pbpaste | windeck decode

Responses, proofs and keys are shown as they were on the wire, nothing is decrypted;
of Basic only the user name is shown. What cannot be read is an error that says where.
A token in an argument may stay in the history of your shell: standard input does not.
`;

export const traceHelp = `windeck trace FILE [NUMBER] [switches]

Shows a trace that was saved in the room Trace of a machine ("Save for support").
Secrets that Windeck knew were masked before anything was kept.

  windeck trace trace-web01.json                the exchanges, one line each
  windeck trace trace-web01.json 42             one of them: timing, HTTP, both messages

  -failed           only those that failed
  -slow:1000        only those that took so many milliseconds, or more
  -filter:TEXT      only those with this in action, resource, status or error
  -format:json      for scripts
`;
