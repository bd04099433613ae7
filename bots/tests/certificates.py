"""Certificates for servers on this machine; each is its own authority."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# longer than any day on which a test may run, or which it may set the clock to
FIRST_DAY = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
LAST_DAY = datetime.datetime(2200, 1, 1, tzinfo=datetime.UTC)


def certificate(folder: Path, name: str, *, only_in_subject: bool = False) -> Path:
    """Write a self-signed certificate and its key into one file.

    A name that is `only_in_subject` stands where names stood long ago.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FIRST_DAY)
        .not_valid_after(LAST_DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if not only_in_subject:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=False)
    made = builder.sign(key, hashes.SHA256())
    file = folder / f"{made.serial_number}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file
