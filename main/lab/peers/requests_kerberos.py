"""Stands in for the package of this name, which pywinrm uses for Kerberos: Debian's cannot seal messages. Here MIT Kerberos does both."""
import base64
import os
from urllib.parse import urlsplit

import gss_sealing
from requests.auth import AuthBase
from requests.exceptions import ConnectionError as RequestsConnectionError

REQUIRED, OPTIONAL, DISABLED = 1, 2, 3


class HTTPKerberosAuth(AuthBase):
    winrm_encryption_available = True

    def __init__(self, mutual_authentication=REQUIRED, service='HTTP', delegate=False, force_preemptive=False,
                 principal=None, hostname_override=None, sanitize_mutual_error_response=True, send_cbt=True):
        self.service = service
        self.hostname_override = hostname_override
        self.context = None

    def __call__(self, request):
        # One connection, one context: pywinrm's session keeps its socket alive.
        if self.context is None:
            host = self.hostname_override or urlsplit(request.url).hostname
            mech = gss_sealing.SPNEGO if os.environ.get('PEER_MECH') == 'SPNEGO' else gss_sealing.KRB5
            self.context = gss_sealing.initiator(f'{self.service}/{host}', mech)
            token = self.context.step()
            request.headers['Authorization'] = 'Negotiate ' + base64.b64encode(token).decode()
            request.register_hook('response', self.finish)
        return request

    def finish(self, response, **_):
        scheme, _, token = response.headers.get('WWW-Authenticate', '').partition(' ')
        if response.status_code == 200 and scheme == 'Negotiate':
            self.context.step(base64.b64decode(token))
            if not self.context.complete:
                raise RequestsConnectionError('the server did not prove who it is')
        return response

    def wrap_winrm(self, _host, message):
        signature, data = gss_sealing.seal(self.context, message)
        return data, signature

    def unwrap_winrm(self, _host, data, signature):
        return gss_sealing.unseal(self.context, signature, data)
