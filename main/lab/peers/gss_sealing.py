"""Messages sealed as WinRM seals them (MS-WSMV 2.2.9.1), by MIT Kerberos itself through python3-gssapi: wrap_iov puts the signature in front."""
import struct

import gssapi
from gssapi.raw import IOV, IOVBuffer, IOVBufferType, unwrap_iov, wrap_iov

SPNEGO = gssapi.OID.from_int_seq('1.3.6.1.5.5.2')
KRB5 = gssapi.OID.from_int_seq('1.2.840.113554.1.2.2')
BOUNDARY = b'--Encrypted Boundary'


def initiator(spn, mech, binding=None):
    """A context that demands what WinRM needs. `spn` is a principal: DNS has no say. `binding` is application data."""
    flags = gssapi.RequirementFlag
    return gssapi.SecurityContext(
        name=gssapi.Name(spn, gssapi.NameType.kerberos_principal),
        mech=mech,
        usage='initiate',
        flags=flags.mutual_authentication | flags.confidentiality | flags.integrity | flags.out_of_sequence_detection,
        channel_bindings=None if binding is None else gssapi.raw.ChannelBindings(application_data=binding),
    )


def seal(context, plain):
    """Signature and data."""
    iov = IOV(IOVBufferType.header, plain, IOVBufferType.padding, std_layout=False)
    wrap_iov(context, iov, True)
    assert iov[2].value in (None, b''), 'WinRM has no place for padding'
    return iov[0].value, iov[1].value


def unseal(context, signature, data):
    iov = IOV(
        IOVBuffer(IOVBufferType.header, False, signature),
        IOVBuffer(IOVBufferType.data, False, data),
        IOVBuffer(IOVBufferType.padding, False, b''),
        std_layout=False,
    )
    result = unwrap_iov(context, iov)
    assert result.encrypted, 'the message was signed only'
    return iov[1].value


def frame(context, soap, protocol):
    """Body and Content-Type of a sealed request."""
    signature, data = seal(context, soap)
    name = f'application/HTTP-{protocol}-session-encrypted'
    body = b''.join([
        BOUNDARY, b'\r\n\tContent-Type: ', name.encode(),
        b'\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=', str(len(soap)).encode(), b'\r\n',
        BOUNDARY, b'\r\n\tContent-Type: application/octet-stream\r\n',
        struct.pack('<I', len(signature)), signature, data, BOUNDARY, b'--\r\n',
    ])
    return body, f'multipart/encrypted;protocol="{name}";boundary="Encrypted Boundary"'


def open_frame(context, body):
    """SOAP of a sealed answer, and the length of its signature. By lengths, not by looking for the boundary."""
    head, _, rest = body.partition(b'\tContent-Type: application/octet-stream\r\n')
    length = int(head.split(b'Length=')[1].split(b'\r\n')[0])
    signature_length = struct.unpack('<I', rest[:4])[0]
    signature, data = rest[4:4 + signature_length], rest[4 + signature_length:4 + signature_length + length]
    assert rest[4 + signature_length + length:] == BOUNDARY + b'--\r\n', 'something stands behind the data'
    return unseal(context, signature, data), signature_length
