"""The native libraries beside ours: contexts a second and sealed MB/s, measured in one process through python3-gssapi.

Usage: native-contexts.py MECHANISM SECONDS [SPN USER], password (NTLM: DOMAIN USER too) from standard input. One JSON line per figure.
"""
import json
import sys
import time

import gssapi
from gssapi.raw import wrap_iov, unwrap_iov, IOV, IOVBuffer, IOVBufferType, acquire_cred_with_password

mechanism, seconds, service, user = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4]
password = sys.stdin.readline().rstrip("\n")
oid = gssapi.MechType.kerberos if mechanism == "kerberos" else gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
flags = gssapi.RequirementFlag
wanted = flags.mutual_authentication | flags.confidentiality | flags.integrity | flags.replay_detection | flags.out_of_sequence_detection

if mechanism == "kerberos":
    name = gssapi.Name(user, gssapi.NameType.kerberos_principal)
    target = gssapi.Name(service, gssapi.NameType.kerberos_principal)
else:
    name = gssapi.Name(user, gssapi.NameType.user)
    target = gssapi.Name(service, gssapi.NameType.hostbased_service)
credential = gssapi.Credentials(acquire_cred_with_password(name, password.encode(), mechs=[oid], usage="initiate").creds)
acceptor_credential = gssapi.Credentials(usage="accept", mechs=[oid])


def context():
    client = gssapi.SecurityContext(name=target, creds=credential, mech=oid, flags=wanted, usage="initiate")
    server = gssapi.SecurityContext(creds=acceptor_credential, usage="accept")
    token = client.step()
    while token is not None:
        answer = server.step(token)
        token = client.step(answer) if answer is not None and not client.complete else None
    return client, server


def per_second(work):
    work()
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        work()
        count += 1
    return count / (time.perf_counter() - began)


print(json.dumps({"figure": "contexts", "value": per_second(context)}), flush=True)
client, server = context()
for size in (1500, 204800):
    plain = b"x" * size
    batch = -(-4000000 // size)
    if mechanism == "kerberos":
        def seal():
            iov = IOV(IOVBufferType.header, plain, IOVBufferType.padding, std_layout=False)
            wrap_iov(client, iov, True)
            return iov[0].value, iov[1].value

        def unseal(parts):
            back = IOV(IOVBuffer(IOVBufferType.header, False, parts[0]), IOVBuffer(IOVBufferType.data, False, parts[1]),
                       IOVBuffer(IOVBufferType.padding, False, b""), std_layout=False)
            unwrap_iov(server, back)
    else:
        def seal():
            return client.wrap(plain, True).message

        def unseal(message):
            server.unwrap(message)
    sealing = opening = total = 0
    while sealing + opening < seconds:
        began = time.perf_counter()
        sealed = [seal() for _ in range(batch)]
        between = time.perf_counter()
        for parts in sealed:
            unseal(parts)
        sealing += between - began
        opening += time.perf_counter() - between
        total += batch * size
    print(json.dumps({"figure": f"seal {size}", "value": total / sealing / 1e6}), flush=True)
    print(json.dumps({"figure": f"open {size}", "value": total / opening / 1e6}), flush=True)
