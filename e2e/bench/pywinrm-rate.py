# Reads one JSON line {endpoint, user, password, message, rounds, seconds} on standard input; after each line "go" runs one round of
# sealed requests for that many seconds and prints operations and CPU seconds as one JSON line.
import json, resource, sys, time
import xml.etree.ElementTree as ET
from winrm.protocol import Protocol

job = json.loads(sys.stdin.readline())
client = Protocol(endpoint=job['endpoint'], transport='ntlm', username=job['user'], password=job['password'])


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def once():
    root = ET.fromstring(client.send_message(job['message']))
    assert any(e.tag.endswith('}Name') and e.text == 'WinRM' for e in root.iter()), 'not the service that was asked for'


once()
print('ready', flush=True)
for line in sys.stdin:
    if line.strip() != 'go':
        break
    count, began, used = 0, time.monotonic(), cpu()
    while time.monotonic() - began < job['seconds']:
        once()
        count += 1
    print(json.dumps({'operations': count, 'seconds': time.monotonic() - began, 'cpu': cpu() - used}), flush=True)
