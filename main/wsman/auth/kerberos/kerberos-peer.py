"""The other side of the Kerberos peer tests: one GSS-API context of MIT krb5, driven line by line.

Arguments: role (initiate | accept), form (raw | spnego). KRB5_CONFIG and KRB5_KTNAME come from the environment. The first line of standard
input is JSON: user, password, target (a principal, for the initiator); binding (base64 of the application data) and delegate, both optional.
Each further line is a command, each answer a line; data is base64, and `-` stands for none:
  step TOKEN           -> token COMPLETE TOKEN
  wrap DATA            -> message HEADER DATA PADDING   by gss_wrap_iov, as WinRM clients call it
  unwrap HEADER DATA   -> plain DATA                    by gss_unwrap_iov with an empty padding buffer
  plainwrap DATA       -> message TOKEN                 by gss_wrap: RRC 0, not rotated
  plainunwrap TOKEN    -> plain DATA                    by gss_unwrap
  sign DATA            -> message TOKEN                 by gss_get_mic
  verify DATA TOKEN    -> valid
  info                 -> info INITIATOR FLAGS DELEGATED
Whatever fails is answered by `error TEXT`.
"""

import base64
import json
import sys

try:
    import gssapi
    from gssapi.raw import (
        IOV,
        ChannelBindings,
        IOVBuffer,
        IOVBufferType,
        acquire_cred_with_password,
        set_neg_mechs,
        unwrap_iov,
        wrap_iov,
    )
except ImportError as error:
    print("missing python3-gssapi: %s" % error, flush=True)
    sys.exit(3)

KRB5 = gssapi.MechType.kerberos
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
PRINCIPAL = gssapi.NameType.kerberos_principal


def new_context(role, form, settings):
    binding = settings.get("binding")
    bindings = ChannelBindings(application_data=base64.b64decode(binding)) if binding else None
    mechs = [KRB5] if form == "raw" else [KRB5, SPNEGO]
    if role == "accept":
        creds = gssapi.Credentials(usage="accept", mechs=mechs)
        return gssapi.SecurityContext(creds=creds, usage="accept", channel_bindings=bindings)
    user = gssapi.Name(settings["user"], PRINCIPAL)
    acquired = acquire_cred_with_password(user, settings["password"].encode(), mechs=mechs, usage="initiate")
    creds = gssapi.Credentials(base=acquired.creds)
    if form == "spnego":
        set_neg_mechs(creds, [KRB5])
    flag = gssapi.RequirementFlag
    flags = (
        flag.mutual_authentication
        | flag.replay_detection
        | flag.out_of_sequence_detection
        | flag.confidentiality
        | flag.integrity
    )
    if settings.get("delegate"):
        flags |= flag.delegate_to_peer
    return gssapi.SecurityContext(
        name=gssapi.Name(settings["target"], PRINCIPAL),
        creds=creds,
        mech=KRB5 if form == "raw" else SPNEGO,
        usage="initiate",
        flags=flags,
        channel_bindings=bindings,
    )


def encode(data):
    return base64.b64encode(data).decode() if data else "-"


def decode(word):
    return b"" if word == "-" else base64.b64decode(word)


def answer(context, command, words):
    data = [decode(word) for word in words]
    if command == "step":
        token = context.step(data[0] or None)
        return "token %d %s" % (context.complete, encode(token))
    if command == "wrap":
        iov = IOV(IOVBufferType.header, data[0], IOVBufferType.padding, std_layout=False)
        if not wrap_iov(context, iov, True):
            return "error not sealed"
        return "message %s %s %s" % tuple(encode(part.value) for part in iov)
    if command == "unwrap":
        iov = IOV(
            IOVBuffer(IOVBufferType.header, False, data[0]),
            IOVBuffer(IOVBufferType.data, False, data[1]),
            IOVBuffer(IOVBufferType.padding, False, b""),
            std_layout=False,
        )
        if not unwrap_iov(context, iov).encrypted:
            return "error not sealed"
        return "plain " + encode(iov[1].value)
    if command == "plainwrap":
        return "message " + encode(context.wrap(data[0], True).message)
    if command == "plainunwrap":
        result = context.unwrap(data[0])
        return "plain " + encode(result.message) if result.encrypted else "error not sealed"
    if command == "sign":
        return "message " + encode(context.get_signature(data[0]))
    if command == "verify":
        context.verify_signature(data[0], data[1])
        return "valid"
    if command == "info":
        delegated = context.delegated_creds is not None
        return "info %s %d %d" % (context.initiator_name, context.actual_flags, delegated)
    return "error unknown command"


def main():
    role, form = sys.argv[1:3]
    try:
        context = new_context(role, form, json.loads(sys.stdin.readline()))
    except Exception as error:  # noqa: BLE001 every failure is told to the test
        print("failed %s" % str(error).replace("\n", " "), flush=True)
        sys.exit(3)
    print("ready", flush=True)
    for line in sys.stdin:
        command, *words = line.split()
        try:
            print(answer(context, command, words), flush=True)
        except Exception as error:  # noqa: BLE001
            token = getattr(error, "token", None)
            print("error %s %s" % (encode(token), str(error).replace("\n", " ")), flush=True)


main()
