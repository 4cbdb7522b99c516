"""A listener in which nothing of ours judges a sign-in: MIT krb5 and gss-ntlmssp (python3-gssapi), OpenSSL, and Python's own urllib do.

Standard input, one line: {"mode", "tls", "binding", "account"}
  mode     kerberos-scheme | kerberos | ntlm | basic | digest | certificate: what it offers and takes
  tls      null, or {"certificate", "key", "clientAuthority"}: files; with clientAuthority a client certificate is demanded
  binding  null, or application data in hex: then a client that sends no such channel binding is refused
  account  {"user", "password", "domain"}; accounts of Kerberos are in the realm (KRB5_KTNAME), those of NTLM in NTLM_USER_FILE
Standard output: one line with the port on 127.0.0.1. Whoever has signed in and sends SOAP, sealed over plain HTTP, gets back a SOAP message
that says who he is, by which mechanism, and how long his message was; sealed likewise. It ends with its standard input.
"""

import base64
import hashlib
import json
import os
import re
import ssl
import struct
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gss_sealing
import gssapi

NTLMSSP = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
CHANNEL_BOUND = 2048
MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
NONCE = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
SOAP = "application/soap+xml;charset=UTF-8"

job = json.loads(sys.stdin.readline())
mode = job["mode"]
binding = None if job["binding"] is None else bytes.fromhex(job["binding"])
SCHEME = "Kerberos" if mode == "kerberos-scheme" else "Negotiate"


def new_context():
    mechs = [NTLMSSP, gss_sealing.SPNEGO] if mode == "ntlm" else [gss_sealing.KRB5, gss_sealing.SPNEGO]
    bindings = None if binding is None else gssapi.raw.ChannelBindings(application_data=binding)
    creds = gssapi.Credentials(usage="accept", mechs=mechs)
    return gssapi.SecurityContext(creds=creds, usage="accept", channel_bindings=bindings)


def answer_for(who, mechanism, soap):
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><Peer><Who>%s</Who><By>%s</By>'
        "<Length>%d</Length></Peer></s:Body></s:Envelope>" % (who, mechanism, len(soap))
    ).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    context = None
    heard = b""

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", content_type=None, challenges=()):
        self.send_response(status)
        for challenge in challenges:
            self.send_header("WWW-Authenticate", challenge)
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if mode in ("kerberos-scheme", "kerberos", "ntlm"):
            return self.by_gss(scheme, value, body)
        who = {"basic": self.by_basic, "digest": self.by_digest, "certificate": self.by_certificate}[mode](scheme, value)
        if who is None:
            offered = {
                "basic": ['Basic realm="there"'],
                "digest": ['Digest realm="there", nonce="%s", qop="auth", algorithm=MD5' % NONCE],
                "certificate": [],
            }[mode]
            return self.reply(401, challenges=offered)
        if not body:
            return self.reply(200)
        return self.reply(200, answer_for(who, mode, body), SOAP)

    def by_gss(self, scheme, value, body):
        final = []
        if scheme:
            if scheme != SCHEME:
                return self.reply(401, challenges=[SCHEME])
            try:
                if self.context is None or self.context.complete:
                    self.context, self.heard = new_context(), b""
                self.heard += base64.b64decode(value)
                token = self.context.step(base64.b64decode(value))
                # Both libraries refuse a wrong binding, and neither a missing one.
                if self.context.complete and binding is not None and not self.is_bound():
                    raise gssapi.exceptions.BadChannelBindingsError(0, 0)
            except gssapi.exceptions.GSSError:
                self.context = None
                return self.reply(401, challenges=[SCHEME])
            final = ["%s %s" % (SCHEME, base64.b64encode(token).decode())] if token else []
            if not self.context.complete:
                return self.reply(401, challenges=final or [SCHEME])
        if self.context is None or not self.context.complete:
            return self.reply(401, challenges=[SCHEME])
        if not body:
            return self.reply(200, challenges=final)
        who = str(self.context.initiator_name)
        if job["tls"]:
            return self.reply(200, answer_for(who, mode, body), SOAP, final)
        if not self.headers.get("Content-Type", "").startswith("multipart/encrypted"):
            return self.reply(500)
        soap, answer, content_type = self.sealed(who, body)
        assert b"Envelope" in soap
        return self.reply(200, answer, content_type, final)

    def is_bound(self):
        """MIT says so by a flag; in NTLM it is an AV pair of a token, which the library's proof covers (MS-NLMP 2.2.2.1)."""
        if mode != "ntlm":
            return bool(int(self.context.actual_flags) & CHANNEL_BOUND)
        sent = hashlib.md5(bytes(16) + struct.pack("<I", len(binding)) + binding).digest()
        return b"\x0a\x00\x10\x00" + sent in self.heard

    def sealed(self, who, body):
        protocol = "Kerberos" if mode == "kerberos-scheme" else "SPNEGO"
        if mode != "ntlm":
            soap, _ = gss_sealing.open_frame(self.context, body)
            return (soap, *gss_sealing.frame(self.context, answer_for(who, mode, soap), protocol))
        # NTLM has one signature of 16 bytes in front, which gss_wrap and gss_unwrap know as part of the message.
        gss_sealing.seal = lambda context, plain: (lambda s: (s[:16], s[16:]))(context.wrap(plain, True).message)
        gss_sealing.unseal = lambda context, signature, data: context.unwrap(signature + data).message
        soap, _ = gss_sealing.open_frame(self.context, body)
        return (soap, *gss_sealing.frame(self.context, answer_for(who, mode, soap), protocol))

    def by_basic(self, scheme, value):
        account = job["account"]
        given = base64.b64decode(value).decode() if scheme == "Basic" else ""
        return account["user"] if given == "%s:%s" % (account["user"], account["password"]) else None

    def by_digest(self, scheme, value):
        """urllib is a client: it is given the client's own nonces, and must come to the same response."""
        if scheme != "Digest":
            return None
        given = urllib.request.parse_keqv_list(urllib.request.parse_http_list(value))
        account = job["account"]
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password("there", "http://there/", account["user"], account["password"])
        handler = urllib.request.HTTPDigestAuthHandler(passwords)
        handler.get_cnonce = lambda _: given["cnonce"]
        handler.last_nonce, handler.nonce_count = NONCE, int(given["nc"], 16) - 1
        challenge = {"realm": "there", "nonce": NONCE, "qop": "auth", "algorithm": "MD5"}
        request = urllib.request.Request("http://there" + given["uri"], data=b"", method="POST")
        expected = re.search(r'response="([^"]+)"', handler.get_authorization(request, challenge)).group(1)
        fits = given["response"] == expected and given["nonce"] == NONCE and given["uri"] == self.path
        return given["username"] if fits and given["username"] == account["user"] else None

    def by_certificate(self, scheme, _):
        subject = (self.connection.getpeercert() or {}).get("subject", ())
        names = [value for part in subject for key, value in part if key == "commonName"]
        return names[0] if names and scheme == MUTUAL else None


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if job["tls"]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(job["tls"]["certificate"], job["tls"]["key"])
    if job["tls"].get("clientAuthority"):
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(job["tls"]["clientAuthority"])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print(server.server_address[1], flush=True)
server.serve_forever()
