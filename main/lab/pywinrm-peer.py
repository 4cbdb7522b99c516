"""Drives a lab machine with Debian's pywinrm. One JSON object on stdin says what to do, one on stdout what came of it."""
import json
import sys
import xml.etree.ElementTree as ET

from winrm.exceptions import InvalidCredentialsError
from winrm.protocol import Protocol

job = json.load(sys.stdin)
protocol = Protocol(
    job['endpoint'],
    transport=job['transport'],
    username=job['user'],
    password=job['password'],
    cert_pem=job.get('certificate'),
    cert_key_pem=job.get('key'),
    server_cert_validation='ignore',
    message_encryption=job['encryption'],
    read_timeout_sec=30,
    operation_timeout_sec=20,
)
seen = []
result = {'refused': False, 'answers': []}
try:
    # Authenticates already where messages are to be sealed.
    protocol.transport.build_session()
    protocol.transport.session.hooks.setdefault('response', []).append(
        lambda response, *args, **kwargs: seen.append(response.headers.get('Content-Type', ''))
    )
    for message in job['messages']:
        answer = protocol.send_message(message)
        ET.fromstring(answer)
        result['answers'].append(answer.decode('utf-8') if isinstance(answer, bytes) else answer)
except InvalidCredentialsError:
    result['refused'] = True
result['contentTypes'] = seen
result['sealed'] = protocol.transport.encryption is not None
json.dump(result, sys.stdout)
