"""Signs in by MIT krb5 or gss-ntlmssp (python3-gssapi) and asks one question: sealed over plain HTTP, as it is inside TLS.

Standard input: {"port", "tls", "scheme", "mechanism", "spnego", "user", "domain", "password", "binding", "message"}
  mechanism  kerberos | ntlm; the credential is made of user and password, for NTLM with the domain; user null: the ticket of KRB5CCNAME
  binding    application data in hex, or null
Standard output: {"status", "soap", "error"}: status of the last answer, and what it said once opened.
"""

import base64
import http.client
import json
import ssl
import sys

import gss_sealing
import gssapi
from gssapi.raw import ChannelBindings, acquire_cred_with_password, set_neg_mechs

NTLMSSP = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
SOAP = "application/soap+xml;charset=UTF-8"

job = json.load(sys.stdin)
is_ntlm = job["mechanism"] == "ntlm"
own = NTLMSSP if is_ntlm else gss_sealing.KRB5
if is_ntlm:
    # One signature of 16 bytes in front, which gss_wrap and gss_unwrap know as part of the message.
    gss_sealing.seal = lambda context, plain: (lambda s: (s[:16], s[16:]))(context.wrap(plain, True).message)
    gss_sealing.unseal = lambda context, signature, data: context.unwrap(signature + data).message


def new_context():
    mechs = [own, gss_sealing.SPNEGO]
    creds = None
    if is_ntlm:
        name = gssapi.Name("%s\\%s" % (job["domain"], job["user"]), gssapi.NameType.user)
        target = gssapi.Name("HTTP@localhost", gssapi.NameType.hostbased_service)
    else:
        name = job["user"] and gssapi.Name(job["user"], gssapi.NameType.kerberos_principal)
        target = gssapi.Name("HTTP/localhost", gssapi.NameType.kerberos_principal)
    if name is not None:
        creds = gssapi.Credentials(base=acquire_cred_with_password(name, job["password"].encode(), mechs=mechs).creds)
        if job["spnego"]:
            set_neg_mechs(creds, [own])
    flags = gssapi.RequirementFlag
    wanted = flags.confidentiality | flags.integrity | flags.replay_detection | flags.out_of_sequence_detection
    return gssapi.SecurityContext(
        name=target,
        creds=creds,
        mech=gss_sealing.SPNEGO if job["spnego"] else own,
        usage="initiate",
        flags=wanted if is_ntlm else wanted | flags.mutual_authentication,
        channel_bindings=ChannelBindings(application_data=bytes.fromhex(job["binding"])) if job["binding"] else None,
    )


def post(body, headers):
    connection.request("POST", "/wsman", body, headers)
    response = connection.getresponse()
    return response, response.read()


result = {"status": 0, "soap": "", "error": None}
if job["tls"]:
    connection = http.client.HTTPSConnection(
        "localhost", job["port"], timeout=20, context=ssl._create_unverified_context()
    )
else:
    connection = http.client.HTTPConnection("localhost", job["port"], timeout=20)
try:
    context = new_context()
    token = context.step()
    while token is not None:
        response, _ = post(b"", {"Authorization": "%s %s" % (job["scheme"], base64.b64encode(token).decode())})
        result["status"] = response.status
        replies = [
            value.split(" ", 1)[1]
            for value in response.headers.get_all("WWW-Authenticate") or []
            if value.startswith(job["scheme"] + " ")
        ]
        if response.status == 401 and not replies:
            break
        token = context.step(base64.b64decode(replies[0])) if replies and not context.complete else None
    if context.complete and result["status"] == 200:
        message = job["message"].encode()
        if job["tls"]:
            response, body = post(message, {"Content-Type": SOAP})
        else:
            framed, content_type = gss_sealing.frame(
                context, message, "Kerberos" if job["scheme"] == "Kerberos" else "SPNEGO"
            )
            response, body = post(framed, {"Content-Type": content_type})
            body, _ = gss_sealing.open_frame(context, body)
        result["status"], result["soap"] = response.status, body.decode()
except gssapi.exceptions.GSSError as error:
    result["error"] = str(error)
except (OSError, http.client.HTTPException) as error:
    result["error"] = type(error).__name__
json.dump(result, sys.stdout)
