"""The keys of a control plane: CA, the API server's certificate, the signer of service-account tokens."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE = datetime.timedelta(days=7)
_SERVICE_IP = "172.20.0.1"  # first address of the service range: what pods call `kubernetes.default`
_NAMES = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]


@dataclass(frozen=True)
class Keys:
    """Files of the control plane's keys, all PEM, readable by their owner only."""

    ca: Path
    ca_key: Path
    serving: Path
    serving_key: Path
    signing_key: Path

    @classmethod
    def within(cls, directory: Path) -> Keys:
        """Where the keys are, or will be, in a directory."""
        names = ("ca.crt", "ca.key", "apiserver.crt", "apiserver.key", "service-accounts.key")
        return cls(*(directory / name for name in names))


def make_keys(directory: Path) -> Keys:
    """Make all keys; service-account tokens are signed with RSA, as EKS's are, the rest is elliptic."""
    directory.mkdir(parents=True, exist_ok=True)
    keys = Keys.within(directory)
    ca_key, serving_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("ferry-rehearsal-ca", ca_key, None)
    serving = _certificate("kube-apiserver", serving_key, (ca, ca_key))
    _write(keys.ca, ca.public_bytes(serialization.Encoding.PEM))
    _write(keys.serving, serving.public_bytes(serialization.Encoding.PEM))
    _write(keys.ca_key, _pem(ca_key))
    _write(keys.serving_key, _pem(serving_key))
    _write(keys.signing_key, _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    return keys


Issuer = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, issuer: Issuer | None) -> x509.Certificate:
    """A self-signed CA without an issuer, the API server's certificate with one."""
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer[1] if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(_usage(authority=issuer is None), critical=True)
    )
    if issuer:
        builder = builder.add_extension(_addresses(), critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _addresses() -> x509.SubjectAlternativeName:
    addresses = [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ("127.0.0.1", _SERVICE_IP)]
    return x509.SubjectAlternativeName([*(x509.DNSName(name) for name in _NAMES), *addresses])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
