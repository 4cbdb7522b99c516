"""The inside of samba-directory.ts: provisions a directory, keeps its accounts, and is a foreign acceptor in front of them.

No argument. Each line of standard input is one request, each line of standard output its answer, both JSON; passwords travel this way only.
  {"op": "provision", "folder", "hostName", "realm", "domain", "address", "port", "kpasswdPort", "lockoutThreshold"}
  {"op": "user", "name", "password", "principalName"?, "services"?, "encryptionTypes"?, "state"?}
  {"op": "computer", "name", "password", "services"}
  {"op": "describe", "name"}             -> {"badPasswordCount", "isLockedOut"}
  {"op": "unlock", "name"}
  {"op": "keytab", "account", "file", "services"}
  {"op": "accept", "mechanism"}          -> one acceptor at a time, as the domain controller itself
  {"op": "step", "token"}                -> {"token", "complete", "account"}
  {"op": "wrap" | "unwrap", "data"}      -> {"data"}
Standard input at its end ends the process. A failure is answered by {"error": text}.
"""

import base64
import json
import logging
import os
import struct
import sys
import time

try:
    import ldb
    from samba import auth, credentials, dsdb, enable_net_export_keytab, gensec, param
    from samba.dcerpc import misc  # noqa: F401 its types are needed by ldb modules
    from samba.net import Net
    from samba.provision import provision
    from samba.samdb import SamDB
except ImportError as error:
    print(json.dumps({"error": "python3-samba is missing: %s" % error}), flush=True)
    sys.exit(3)

NT_EPOCH = 11644473600
MINUTE = 60 * 10**7
# Neither files nor printers are served, nothing but the KDC listens, and only on loopback.
SMB_CONF = """[global]
netbios name = {hostName}
workgroup = {domain}
realm = {realm}
server role = active directory domain controller
server services = kdc
interfaces = {address}/8
bind interfaces only = yes
krb5 port = {port}
kpasswd port = {kpasswdPort}
private dir = {folder}/private
state directory = {folder}/state
cache directory = {folder}/cache
lock directory = {folder}/lock
binddns dir = {folder}/bind-dns
pid directory = {folder}/run
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/log.%m
panic action =
[sysvol]
path = {folder}/state/sysvol
[netlogon]
path = {folder}/state/sysvol/{realm}/scripts
"""

enable_net_export_keytab()
lp = param.LoadParm()
directory = None
acceptor = None


def do_provision(request):
    """Like `samba-tool domain provision`, but without the access control lists of its file shares, so that no root is needed."""
    global directory
    folder = request["folder"]
    for name in ("private", "state", "cache", "lock", "run", "ncalrpc", "bind-dns"):
        os.makedirs(os.path.join(folder, name), mode=0o700, exist_ok=True)
    configuration = os.path.join(folder, "smb.conf")
    with open(configuration, "w") as file:
        file.write(SMB_CONF.format(**request))
    provision(
        logging.getLogger("provision"),
        auth.system_session(),
        smbconf=configuration,
        realm=request["realm"],
        domain=request["domain"],
        hostname=request["hostName"],
        hostip=request["address"],
        dns_backend="NONE",
        serverrole="active directory domain controller",
        dom_for_fun_level=dsdb.DS_DOMAIN_FUNCTION_2008_R2,
        lp=lp,
        skip_sysvolacl=True,
    )
    directory = SamDB(session_info=auth.system_session(), lp=lp)
    policy = ldb.Message(directory.get_default_basedn())
    values = {
        "lockoutThreshold": request["lockoutThreshold"],
        "lockoutDuration": -30 * MINUTE,
        "lockOutObservationWindow": -30 * MINUTE,
        "minPwdAge": 0,
    }
    for name, value in values.items():
        policy[name] = ldb.MessageElement(str(value), ldb.FLAG_MOD_REPLACE, name)
    directory.modify(policy)
    return {"configuration": configuration}


def by_name(name):
    return "(sAMAccountName=%s)" % ldb.binary_encode(name)


def find(name, attributes):
    found = directory.search(base=directory.get_default_basedn(), expression=by_name(name), attrs=attributes)
    if len(found) != 1:
        raise ValueError("no account %s" % name)
    return found[0]


def replace(name, **values):
    message = ldb.Message(find(name, []).dn)
    for attribute, value in values.items():
        message[attribute] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, attribute)
    directory.modify(message)


def do_user(request):
    name = request["name"]
    directory.newuser(name, request["password"])
    if "principalName" in request:
        replace(name, userPrincipalName=request["principalName"])
    if "services" in request:
        replace(name, servicePrincipalName=request["services"])
    if "encryptionTypes" in request:
        replace(name, **{"msDS-SupportedEncryptionTypes": str(request["encryptionTypes"])})
    state = request.get("state", "enabled")
    if state == "disabled":
        directory.disable_account(by_name(name))
    elif state == "expired":
        replace(name, accountExpires=str(int((time.time() + NT_EPOCH - 86400) * 10**7)))
    elif state == "password-expired":
        directory.force_password_change_at_next_login(by_name(name))
    elif state != "enabled":
        raise ValueError("no such state: %s" % state)
    return {}


def do_computer(request):
    account = request["name"] + "$"
    directory.newcomputer(request["name"], service_principal_name_list=request["services"])
    directory.setpassword(by_name(account), request["password"])
    directory.enable_account(by_name(account))
    return {}


def do_describe(request):
    found = find(request["name"], ["badPwdCount", "lockoutTime"])
    return {
        "badPasswordCount": int(str(found.get("badPwdCount", "0"))),
        "isLockedOut": int(str(found.get("lockoutTime", "0"))) != 0,
    }


def do_unlock(request):
    directory.unlock_account(by_name(request["name"]))
    return {}


def do_keytab(request):
    """The keys of an account, also under the names that its services are asked for by: Windows finds keys by account, MIT by name."""
    file = request["file"]
    Net(None, lp).export_keytab(keytab=file, principal=request["account"])
    with open(file, "rb") as stream:
        entries = list(keytab_entries(stream.read()))
    with open(file, "ab") as stream:
        for service in request["services"]:
            for entry in entries:
                stream.write(renamed(entry, service))
    return {}


def keytab_entries(data):
    """Entries of version 0x0502 without their length: 32 bits each, big-endian; negative is a hole."""
    offset = 2
    while offset + 4 <= len(data):
        (size,) = struct.unpack_from(">i", data, offset)
        offset += 4
        if size > 0:
            yield data[offset : offset + size]
        offset += abs(size)


def renamed(entry, principal):
    """The entry under another principal: number of components, realm, components; what follows the name stays."""
    (count,) = struct.unpack_from(">H", entry)
    rest = 2
    for _ in range(count + 1):
        rest += 2 + struct.unpack_from(">H", entry, rest)[0]
    name, _, realm = principal.rpartition("@")
    components = name.split("/")
    parts = [realm, *components]
    written = struct.pack(">H", len(components))
    written += b"".join(struct.pack(">H", len(part.encode())) + part.encode() for part in parts)
    written += entry[rest:]
    return struct.pack(">i", len(written)) + written


def do_accept(request):
    """As the domain controller itself, whose keys Samba keeps in its own secrets."""
    global acceptor
    machine = credentials.Credentials()
    machine.guess(lp)
    machine.set_machine_account(lp)
    settings = {"lp_ctx": lp, "target_hostname": lp.get("netbios name")}
    checker = auth.AuthContext(lp_ctx=lp, ldb=directory, methods=["sam"])
    acceptor = gensec.Security.start_server(settings, checker)
    acceptor.set_credentials(machine)
    acceptor.want_feature(gensec.FEATURE_SEAL)
    acceptor.start_mech_by_name(request["mechanism"])
    return {}


def do_step(request):
    finished, token = acceptor.update(base64.b64decode(request["token"]))
    account = None
    if finished:
        info = acceptor.session_info().info
        account = "%s\\%s" % (info.domain_name, info.account_name)
    return {"token": base64.b64encode(token or b"").decode(), "complete": bool(finished), "account": account}


def do_wrap(request):
    return {"data": base64.b64encode(acceptor.wrap(base64.b64decode(request["data"]))).decode()}


def do_unwrap(request):
    return {"data": base64.b64encode(acceptor.unwrap(base64.b64decode(request["data"]))).decode()}


def main():
    # Samba's own remarks go to standard error, where the test keeps them for a failure.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    operations = {name[3:]: function for name, function in globals().items() if name.startswith("do_")}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = operations[request["op"]](request)
        except Exception as error:  # noqa: BLE001 every failure is told to the test
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer), file=answers, flush=True)


main()
