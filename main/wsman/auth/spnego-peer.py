"""The other side of spnego.peer.test.ts: MIT's SPNEGO over MIT krb5 and gss-ntlmssp, driven line by line.

Arguments: role (initiate | accept), mechanisms in order (krb5,ntlm). KRB5_CONFIG, KRB5_KTNAME and NTLM_USER_FILE come from the environment.
The first line of standard input is JSON: user, password, target. Each further line is a command, each answer a line; data is base64, and
`-` stands for none:
  step TOKEN   -> token COMPLETE MECHANISM TOKEN
  wrap DATA    -> message TOKEN      unwrap TOKEN -> plain DATA
Whatever fails is answered by `error TEXT`.
"""

import base64
import json
import sys

try:
    import gssapi
    from gssapi.raw import acquire_cred_with_password, set_neg_mechs
except ImportError as error:
    print("missing python3-gssapi: %s" % error, flush=True)
    sys.exit(3)

SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
MECHANISMS = {
    "krb5": gssapi.MechType.kerberos,
    "ntlm": gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10"),
}


def new_context(role, mechs, settings):
    if role == "accept":
        creds = gssapi.Credentials(usage="accept", mechs=[*mechs, SPNEGO])
        set_neg_mechs(creds, mechs)
        return gssapi.SecurityContext(creds=creds, usage="accept")
    # A bare user name is a principal of the default realm to krb5, and an account to NTLM.
    user = gssapi.Name(settings["user"], gssapi.NameType.user)
    acquired = acquire_cred_with_password(user, settings["password"].encode(), mechs=[SPNEGO], usage="initiate")
    creds = gssapi.Credentials(base=acquired.creds)
    set_neg_mechs(creds, mechs)
    flag = gssapi.RequirementFlag
    return gssapi.SecurityContext(
        name=gssapi.Name(settings["target"], gssapi.NameType.hostbased_service),
        creds=creds,
        mech=SPNEGO,
        usage="initiate",
        flags=flag.mutual_authentication
        | flag.replay_detection
        | flag.out_of_sequence_detection
        | flag.confidentiality
        | flag.integrity,
    )


def encode(data):
    return base64.b64encode(data).decode() if data else "-"


def mechanism_of(context):
    if not context.complete:
        return "none"
    return next((name for name, oid in MECHANISMS.items() if oid == context.mech), str(context.mech))


def answer(context, command, word):
    data = b"" if word == "-" else base64.b64decode(word)
    if command == "step":
        token = context.step(data or None)
        return "token %d %s %s" % (context.complete, mechanism_of(context), encode(token))
    if command == "wrap":
        return "message " + encode(context.wrap(data, True).message)
    if command == "unwrap":
        result = context.unwrap(data)
        return "plain " + encode(result.message) if result.encrypted else "error not sealed"
    return "error unknown command"


def main():
    role, names = sys.argv[1:3]
    try:
        context = new_context(role, [MECHANISMS[name] for name in names.split(",")], json.loads(sys.stdin.readline()))
    except Exception as error:  # noqa: BLE001 every failure is told to the test
        print("failed %s" % str(error).replace("\n", " "), flush=True)
        sys.exit(3)
    print("ready", flush=True)
    for line in sys.stdin:
        command, word = line.split()
        try:
            print(answer(context, command, word), flush=True)
        except Exception as error:  # noqa: BLE001
            print("error " + str(error).replace("\n", " "), flush=True)


main()
