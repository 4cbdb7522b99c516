"""Signs in to a lab machine with MIT Kerberos, and talks to it sealed. Standard input: {"host", "port", "tls", "scheme", "mech", "spn",
"binding", "messages", "replays"}; tickets come from KRB5CCNAME. Standard output: {"statuses", "challenges", "error", "answers"}. With
"replays" the first token is sent once more, on a connection of its own."""
import base64
import http.client
import json
import ssl
import sys

import gss_sealing
import gssapi

job = json.load(sys.stdin)
secure = ssl._create_unverified_context() if job['tls'] else None
make = (lambda: http.client.HTTPSConnection(job['host'], job['port'], timeout=20, context=secure)) if job['tls'] else (
    lambda: http.client.HTTPConnection(job['host'], job['port'], timeout=20))
connection = make()
result = {'statuses': [], 'challenges': [], 'error': None, 'answers': []}
protocol = 'Kerberos' if job['scheme'] == 'Kerberos' else 'SPNEGO'


def post(body, headers):
    connection.request('POST', '/wsman', body, {'Content-Length': str(len(body)), **headers})
    response = connection.getresponse()
    data = response.read()
    result['statuses'].append(response.status)
    result['challenges'].append(response.headers.get_all('WWW-Authenticate') or [])
    return response, data


try:
    binding = None if job['binding'] is None else bytes.fromhex(job['binding'])
    mech = gss_sealing.SPNEGO if job['mech'] == 'SPNEGO' else gss_sealing.KRB5
    context = gss_sealing.initiator(job['spn'], mech, binding)
    token = first = context.step()
    while token is not None:
        response, _ = post(b'', {'Authorization': f"{job['scheme']} {base64.b64encode(token).decode()}"})
        reply = [c for c in result['challenges'][-1] if c.startswith(job['scheme'] + ' ')]
        token = context.step(base64.b64decode(reply[0].split(' ', 1)[1])) if reply else None
        if response.status == 200:
            break
    if context.complete:
        for message in job['messages']:
            body, content_type = gss_sealing.frame(context, message.encode(), protocol)
            response, data = post(body, {'Content-Type': content_type})
            soap, signature_length = gss_sealing.open_frame(context, data)
            answer = {'contentType': response.headers['Content-Type'], 'soap': soap.decode(), 'signature': signature_length}
            result['answers'].append(answer)
    if job['replays']:
        connection.close()
        connection = make()
        post(b'', {'Authorization': f"{job['scheme']} {base64.b64encode(first).decode()}"})
except gssapi.exceptions.GSSError as error:
    result['error'] = str(error)
except (OSError, http.client.HTTPException) as error:
    result['error'] = type(error).__name__
json.dump(result, sys.stdout)
