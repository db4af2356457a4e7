"""Signs a CreateSession request as the user guide says, and prints what it did as JSON.

The canonical request is botocore's, the certificate is read by python3-cryptography, and openssl signs:
nothing of the project that checks it takes part.
"""

import base64
import json
import subprocess
import sys
from types import SimpleNamespace

from botocore.auth import SigV4Auth
from botocore.compat import HTTPHeaders
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding


class X509Auth(SigV4Auth):
    """SigV4 with the key of a certificate: another algorithm's name, and the serial number as identity."""

    def __init__(self, certificate, key_file, region):
        super().__init__(None, "rolesanywhere", region)
        self.certificate = certificate
        self.key_file = key_file
        is_rsa = isinstance(certificate.public_key(), RSAPublicKey)
        self.algorithm = f"AWS4-X509-{'RSA' if is_rsa else 'ECDSA'}-SHA256"

    def string_to_sign(self, request, canonical_request):
        return super().string_to_sign(request, canonical_request).replace("AWS4-HMAC-SHA256", self.algorithm)

    def signature(self, string_to_sign, request):
        command = ["openssl", "dgst", "-sha256", "-sign", self.key_file]
        return subprocess.run(command, input=string_to_sign.encode(), capture_output=True, check=True).stdout.hex()


def header_value(certificate):
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def sign(order):
    certificate, *chain = [x509.load_pem_x509_certificate(pem.encode()) for pem in order["certificates"]]
    headers = HTTPHeaders()
    headers["host"] = "127.0.0.1:8080"
    headers["content-type"] = "application/json"
    headers["x-amz-date"] = order["date"]
    headers["x-amz-x509"] = header_value(certificate)
    if chain:
        headers["x-amz-x509-chain"] = ",".join(map(header_value, chain))
    request = SimpleNamespace(
        method="POST",
        url=f"http://127.0.0.1:8080/sessions?{order['query']}",
        headers=headers,
        params={},
        body=order["body"].encode(),
        context={"timestamp": order["date"]},
    )
    auth = X509Auth(certificate, order["key"], order["region"])
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    signature = auth.signature(to_sign, request)
    serial = str(certificate.serial_number)
    scope = auth.credential_scope(request)
    signed_headers = auth.signed_headers(auth.headers_to_sign(request))
    return {
        "source": "botocore and openssl",
        "method": "POST",
        "path": "/sessions",
        "canonicalQuery": auth.canonical_query_string(request),
        "headers": dict(headers.items()),
        "body": order["body"],
        "scope": scope,
        "credentialSerial": serial,
        "signedHeaders": signed_headers,
        "canonicalRequest": canonical,
        "stringToSign": to_sign,
        "signature": signature,
        "authorization": f"{auth.algorithm} Credential={serial}/{scope}, SignedHeaders={signed_headers}, Signature={signature}",
    }


print(json.dumps([sign(order) for order in json.load(sys.stdin)]))
