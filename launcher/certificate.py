"""A certificate authority of one's own, and this host's certificate for the dashboard and the broker.

Boards and browsers are given the authority's certificate (`secrets/ca.pem`) once; the host's own can then be renewed
without touching them. Keys never leave the data folder. X.509 as RFC 5280 has it; keys on the curve P-256, which an
ESP32 verifies quickly.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from telemetry.command_line import parser
from telemetry.datafolder import DataFolder
from telemetry.errors import SettingError
from telemetry.settings import load

_AUTHORITY_DAYS = 3_650
#: The longest that Apple's devices accept from an authority that a person has installed.
_HOST_DAYS = 825
_CLOCK_SLACK = dt.timedelta(days=1)


def main(argv: Sequence[str]) -> None:
    """`python app.py certificate`. Raises LumosError with a sentence."""
    command_line = parser("app.py certificate", "Make a certificate for this host, signed by an authority of its own.")
    command_line.add_argument(
        "--name", action="append", default=[], metavar="NAME", help="a further name or address of this host"
    )
    arguments = command_line.parse_args(argv)
    folder = DataFolder(load(arguments).data_dir)
    names = [*dict.fromkeys([*arguments.name, *names_of_this_host()])]
    authority, certificate, key = make(folder, names)
    print(f"{certificate} with its key {key}, for {', '.join(names)}")
    print("`python app.py --lan` uses it from its next start on: https for the page, MQTT over TLS on port 8883.")
    print(f"Give browsers and boards this authority to trust: {authority}")


def make(folder: DataFolder, names: Sequence[str]) -> list[Path]:
    """Make this host's certificate for `names` (host names and addresses), and the authority if there is none yet.

    Returns the files: the authority's certificate, the host's certificate, the host's key. Raises SettingError for a
    name that is none.
    """
    folder.ensure()
    authority, authority_key = _authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(names[0] if names else "lumos", key, authority.subject, _HOST_DAYS)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in dict.fromkeys(names)]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(_usage(signs_certificates=False), True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False)
        .sign(authority_key, hashes.SHA256())
    )
    folder.write_private(folder.tls_certificate, _pem(certificate) + _pem(authority))
    folder.write_private(folder.tls_key, _pem_key(key))
    return [folder.tls_authority, folder.tls_certificate, folder.tls_key]


def names_of_this_host() -> list[str]:
    """Every name and address under which this machine may be reached: its host name, `.local`, and its addresses."""
    host = socket.gethostname().split(".")[0]
    return list(dict.fromkeys(["lumos.local", host, f"{host}.local", "localhost", "127.0.0.1", "::1", *addresses()]))


def addresses() -> list[str]:
    """This machine's addresses on its networks, IPv4 first; loopback and link-local ones left out."""
    import ifaddr

    found = [
        ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    ]
    return [str(a) for a in sorted(found, key=lambda a: (a.version, a)) if not a.is_loopback and not a.is_link_local]


def _authority(folder: DataFolder) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    with contextlib.suppress(FileNotFoundError):
        certificate = x509.load_pem_x509_certificate(folder.tls_authority.read_bytes())
        key = serialization.load_pem_private_key(folder.tls_authority_key.read_bytes(), None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    host = socket.gethostname().split(".")[0]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Lumos authority of {host}"[:64])])
    certificate = (
        _builder(f"Lumos authority of {host}", key, name, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(_usage(signs_certificates=True), True)
        .sign(key, hashes.SHA256())
    )
    folder.write_private(folder.tls_authority, _pem(certificate))
    folder.write_private(folder.tls_authority_key, _pem_key(key))
    return certificate, key


def _builder(
    common_name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SLACK)
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.encode("idna").decode())
    except (UnicodeError, ValueError) as cause:
        raise SettingError(
            f"--name '{name[:120]}' is neither a host name nor an address, such as 192.168.1.10"
        ) from cause


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _pem_key(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
