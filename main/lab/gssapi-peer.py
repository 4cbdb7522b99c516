"""Signs in to a lab machine as curl does with --negotiate: SPNEGO by the system's GSSAPI, asking for nothing but authentication, the body
inside TLS. Standard input: {"port", "spnego", "body"}; the account comes from NTLM_USER_FILE. Standard output: {"statuses", "body"}."""
import base64
import http.client
import json
import ssl
import sys

import gssapi

SPNEGO = gssapi.OID.from_int_seq('1.3.6.1.5.5.2')
NTLMSSP = gssapi.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10')

job = json.load(sys.stdin)
context = gssapi.SecurityContext(
    name=gssapi.Name('HTTP@localhost', gssapi.NameType.hostbased_service),
    mech=SPNEGO if job['spnego'] else NTLMSSP,
    usage='initiate',
    flags=gssapi.RequirementFlag.replay_detection,
)
connection = http.client.HTTPSConnection('127.0.0.1', job['port'], timeout=20, context=ssl._create_unverified_context())
statuses, body, token = [], '', None
for _ in range(4):
    token = context.step(token)
    header = 'Negotiate ' + base64.b64encode(token).decode()
    headers = {'Authorization': header, 'Content-Type': 'application/soap+xml;charset=UTF-8'}
    connection.request('POST', '/wsman', job['body'].encode(), headers)
    response = connection.getresponse()
    body = response.read().decode()
    statuses.append(response.status)
    reply = response.getheader('WWW-Authenticate', '')
    if response.status != 401 or not reply.startswith('Negotiate '):
        break
    token = base64.b64decode(reply[len('Negotiate '):])
json.dump({'statuses': statuses, 'body': body}, sys.stdout)
