"""Runs commands on a lab machine with Debian's pywinrm. One JSON object on stdin says what to do, one on stdout what came of it."""
import base64
import json
import sys

from winrm.exceptions import WinRMError
from winrm.protocol import Protocol

job = json.load(sys.stdin)
protocol = Protocol(
    job['endpoint'],
    transport='ntlm',
    username=job['user'],
    password=job['password'],
    message_encryption='always',
    read_timeout_sec=30,
    operation_timeout_sec=job.get('operationTimeout', 20),
)
results = []
shell_id = protocol.open_shell(codepage=job.get('codepage', 65001))
try:
    for command in job['commands']:
        try:
            command_id = protocol.run_command(shell_id, command['line'], command.get('arguments', []))
            try:
                out, err, code = protocol.get_command_output(shell_id, command_id)
            finally:
                protocol.cleanup_command(shell_id, command_id)
            results.append(
                {
                    'stdout': base64.b64encode(out).decode('ascii'),
                    'stderr': base64.b64encode(err).decode('ascii'),
                    'exitCode': code,
                }
            )
        except WinRMError as error:
            results.append({'error': str(error)})
finally:
    protocol.close_shell(shell_id)
json.dump({'sealed': protocol.transport.encryption is not None, 'results': results}, sys.stdout)
