/**
 * Certificates as other programs than openssl issue them, and files that hold none.
 *
 * @module
 */

import type { ErrorCode } from '../../../src/core/errors.ts'
import { PYTHON } from '../capabilities.ts'
import { issue, type Advice, type ForeignCertificate } from './openssl-certificates.ts'
import { pemBlock } from './pem-block.ts'
import { plainKey } from './private-keys.ts'
import type { Recipe, Workshop } from './workshop.ts'

function certtool(
  name: string,
  template: readonly string[],
  advice: Advice[] = [],
): ForeignCertificate {
  return {
    name,
    writer: 'certtool',
    serialNumber: 77n,
    advice,
    make: (shop, out) => {
      const lines = ['serial = 77', 'expiration_days = 100', ...template]
      const written = shop.write(`${out}.template`, `${lines.join('\n')}\n`)
      const key = plainKey(shop, 'rsa-2048')
      const args = ['--generate-self-signed', '--load-privkey', key, '--template', written]
      shop.run('certtool', [...args, '--outfile', out])
    },
  }
}

const PYTHON_SCRIPT = `
import datetime, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
source, out = sys.argv[1:]
key = serialization.load_pem_private_key(open(source, "rb").read(), None)
name = x509.Name([
    x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
    x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Größe & Söhne, „Beispiel“"),
    x509.NameAttribute(NameOID.COMMON_NAME, "世界"),
])
uris = ["spiffe://example.org/ns/prod", "urn:x"]
certificate = (
    x509.CertificateBuilder()
    .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(2**159 - 1)
    .not_valid_before(datetime.datetime(2020, 1, 1)).not_valid_after(datetime.datetime(2055, 1, 1))
    .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(u) for u in uris]), False)
    .add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), False)
    .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"anything"), False)
    .sign(key, hashes.SHA384())
)
open(out, "wb").write(certificate.public_bytes(serialization.Encoding.DER))
`

function ofPython(): ForeignCertificate {
  return {
    name: 'a name in every script, and extensions that few know',
    writer: 'python3-cryptography',
    serialNumber: 2n ** 159n - 1n,
    advice: [],
    make: (shop, out) => {
      shop.run(PYTHON, ['-c', PYTHON_SCRIPT, plainKey(shop, 'ec-p384'), out])
    },
  }
}

function ofKeytool(): ForeignCertificate {
  return {
    name: 'self-signed',
    writer: 'keytool',
    serialNumber: undefined,
    advice: [],
    make: (shop, out) => {
      const store = ['-keystore', `${out}.p12`, '-storepass', 'changeit', '-alias', 'client']
      const name = ['-dname', 'CN=java client, O="Example, Inc."', '-validity', '3650']
      shop.run('keytool', ['-genkeypair', '-keyalg', 'EC', ...name, ...store])
      shop.run('keytool', ['-exportcert', '-rfc', '-file', out, ...store])
    },
  }
}

function ofNss(): ForeignCertificate {
  return {
    name: 'self-signed',
    writer: 'pk12util',
    serialNumber: 4711n,
    advice: [],
    make: (shop, out) => {
      const database = ['-d', `sql:${shop.database()}`]
      // Without a file of noise certutil asks for keys to be pressed.
      const noise = shop.write(`${out}.noise`, Buffer.alloc(4096, out))
      const kind = ['-k', 'ec', '-q', 'secp256r1', '-z', noise, '-m', '4711']
      const subject = ['-s', 'CN=nss client,O=Example', '-n', 'nss client', '-t', ',,']
      shop.run('certutil', ['-S', '-x', ...subject, ...kind, ...database])
      shop.write(out, shop.run('certutil', ['-L', '-n', 'nss client', '-a', ...database]))
    },
  }
}

export const CERTIFICATES: readonly ForeignCertificate[] = [
  certtool('a client', ['cn = client', 'tls_www_client', 'signing_key']),
  certtool('a CA', ['cn = CA', 'ca', 'cert_signing_key'], ['authority']),
  certtool('a date that never comes', [
    'cn = client',
    'signing_key',
    'activation_date = "2020-01-01 00:00:00 UTC"',
    'expiration_date = "9999-12-31 23:59:59 UTC"',
  ]),
  certtool('names of all kinds', [
    'dn = "CN=client,O=Größe,DC=example"',
    'signing_key',
    'dns_name = "example.org"',
    'ip_address = "192.0.2.1"',
    'email = "a@example.org"',
    'uri = "urn:x"',
    'other_name_utf8 = "1.3.6.1.4.1.311.20.2.3 user@example.org"',
    'crl_dist_points = "http://example.org/crl"',
    'ocsp_uri = "http://example.org/ocsp"',
  ]),
  ofPython(),
  ofKeytool(),
  ofNss(),
]

/** Files that hold no certificate that can be read. */
export interface NoCertificate extends Recipe {
  readonly verdict: ErrorCode
}

/** A certificate of openssl with something changed, or something else of openssl in its place. */
function none(
  name: string,
  verdict: NoCertificate['verdict'],
  make: (shop: Workshop, out: string) => string | Uint8Array,
): NoCertificate {
  return {
    name,
    writer: 'openssl',
    verdict,
    make: (shop, out) => {
      shop.write(out, make(shop, out))
    },
  }
}

function goodDer(shop: Workshop, out: string): Buffer {
  issue(shop, `${out}.plain`)
  return shop.openssl('x509', '-in', `${out}.plain`, '-outform', 'DER')
}

export const NO_CERTIFICATES: readonly NoCertificate[] = [
  none('cut short, in PEM', 'ERR_CONFIG_CERTIFICATE_INVALID', (shop, out) =>
    pemBlock('CERTIFICATE', goodDer(shop, out).subarray(0, 200)),
  ),
  none('a SET in place of the outer SEQUENCE', 'ERR_CONFIG_CERTIFICATE_INVALID', (shop, out) => {
    const der = goodDer(shop, out)
    der.writeUInt8(0x31, 0)
    return pemBlock('CERTIFICATE', der)
  }),
  none('a key under the label of a certificate', 'ERR_CONFIG_CERTIFICATE_INVALID', (shop) =>
    shop.read(plainKey(shop, 'ec-p256')).toString().replaceAll('PRIVATE KEY', 'CERTIFICATE'),
  ),
  none('a request', 'ERR_CONFIG_CERTIFICATE_MISSING', (shop) =>
    shop.openssl('req', '-new', '-key', plainKey(shop, 'ec-p256'), '-subj', '/CN=client'),
  ),
  none('a public key', 'ERR_CONFIG_CERTIFICATE_MISSING', (shop) =>
    shop.openssl('pkey', '-in', plainKey(shop, 'ec-p256'), '-pubout'),
  ),
  none('a private key', 'ERR_CONFIG_CERTIFICATE_MISSING', (shop) =>
    shop.read(plainKey(shop, 'ec-p256')),
  ),
  none('a PKCS#7 bundle', 'ERR_CONFIG_CERTIFICATE_MISSING', (shop, out) => {
    issue(shop, `${out}.plain`)
    return shop.openssl('crl2pkcs7', '-nocrl', '-certfile', `${out}.plain`)
  }),
  none('a revocation list', 'ERR_CONFIG_CERTIFICATE_MISSING', (shop, out) => {
    issue(shop, `${out}.plain`, { extensions: ['basicConstraints=CA:true'] })
    shop.write(`${out}.index`, '')
    const config = `[ca]\ndefault_ca=x\n[x]\ndatabase=${out}.index\ndefault_md=sha256\ndefault_crl_days=9\n`
    const ca = ['-config', shop.write(`${out}.cnf`, config), '-cert', `${out}.plain`]
    return shop.openssl('ca', '-gencrl', ...ca, '-keyfile', plainKey(shop, 'ec-p256'))
  }),
]
