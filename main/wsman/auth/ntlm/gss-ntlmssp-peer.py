"""The other side of gss-ntlmssp.peer.test.ts: one GSS-API context of gss-ntlmssp, driven line by line.

Arguments: role (initiate | accept), form (raw | spnego), user, domain. The password comes as the first line of standard input.
NTLM_USER_FILE names the accounts that the acceptor knows. Each further line is a command, each answer a line; tokens are base64:
  step TOKEN  -> token COMPLETE TOKEN      wrap DATA -> message SIGNATURE DATA      unwrap MESSAGE -> plain DATA
Whatever fails is answered by `error TEXT`.
"""

import base64
import sys

try:
    import gssapi
    from gssapi.raw import ChannelBindings, acquire_cred_with_password
except ImportError as error:
    print("missing python3-gssapi: %s" % error, flush=True)
    sys.exit(3)

NTLMSSP = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
SIGNATURE = 16


def new_context(role, form, user, domain, password, binding):
    mech = NTLMSSP if form == "raw" else SPNEGO
    bindings = ChannelBindings(application_data=base64.b64decode(binding)) if binding else None
    if role == "accept":
        # SPNEGO carries NTLM alone, so that no Kerberos of the system takes part.
        creds = gssapi.Credentials(usage="accept", mechs=[NTLMSSP, SPNEGO])
        return gssapi.SecurityContext(creds=creds, usage="accept", channel_bindings=bindings)
    name = gssapi.Name("%s\\%s" % (domain, user), gssapi.NameType.user)
    acquired = acquire_cred_with_password(name, password.encode(), mechs=[NTLMSSP, SPNEGO], usage="initiate")
    creds = gssapi.Credentials(base=acquired.creds)
    if form == "spnego":
        gssapi.raw.set_neg_mechs(creds, [NTLMSSP])
    flags = (
        gssapi.RequirementFlag.confidentiality
        | gssapi.RequirementFlag.integrity
        | gssapi.RequirementFlag.replay_detection
        | gssapi.RequirementFlag.out_of_sequence_detection
    )
    target = gssapi.Name("HTTP@server1", gssapi.NameType.hostbased_service)
    return gssapi.SecurityContext(
        name=target, creds=creds, mech=mech, usage="initiate", flags=flags, channel_bindings=bindings
    )


def answer(context, command, argument):
    data = base64.b64decode(argument)
    if command == "step":
        token = context.step(data or None)
        return "token %d %s" % (context.complete, base64.b64encode(token or b"").decode())
    if command == "wrap":
        sealed = context.wrap(data, True).message
        return "message %s %s" % (
            base64.b64encode(sealed[:SIGNATURE]).decode(),
            base64.b64encode(sealed[SIGNATURE:]).decode(),
        )
    if command == "unwrap":
        result = context.unwrap(data)
        if not result.encrypted:
            return "error the message was not encrypted"
        return "plain " + base64.b64encode(result.message).decode()
    return "error unknown command"


def main():
    role, form, user, domain = sys.argv[1:5]
    password, binding = (sys.stdin.readline().rstrip("\n").split("\t") + [""])[:2]
    try:
        context = new_context(role, form, user, domain, password, binding)
    except Exception as error:  # noqa: BLE001 every failure is told to the test
        print("missing gss-ntlmssp or its credentials: %s" % str(error).replace("\n", " "), flush=True)
        sys.exit(3)
    print("ready", flush=True)
    for line in sys.stdin:
        command, _, argument = line.rstrip("\n").partition(" ")
        try:
            print(answer(context, command, argument), flush=True)
        except Exception as error:  # noqa: BLE001
            print("error " + str(error).replace("\n", " "), flush=True)


main()
