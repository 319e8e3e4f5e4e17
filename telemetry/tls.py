"""TLS with this host's own certificate: is it there, can it be used, and how our own parts recognise it.

Our parts talk to the embedded broker and the dashboard on loopback, an address that no public certificate names: they
trust just this certificate, by pinning it (RFC 7469 tells the idea), and nothing else.
"""

from __future__ import annotations

import ssl

from telemetry.errors import SettingError
from telemetry.settings import Settings


def speaks_tls(settings: Settings) -> bool:
    """Whether the dashboard and the embedded broker speak TLS. Raises SettingError for files that will not do."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return False
    if certificate is None or key is None:
        raise SettingError("--tls-certificate and --tls-key belong together: give both")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as cause:
        raise SettingError(
            f"--tls-certificate {certificate} and --tls-key {key} cannot be used ({cause}): give a PEM certificate "
            "and its own key, or have them made: python app.py certificate"
        ) from cause
    return True


def pinned(settings: Settings) -> ssl.SSLContext:
    """What one of our own parts trusts when it connects to another on this machine: that certificate and no other."""
    context = ssl.create_default_context(cafile=str(settings.tls_certificate))
    context.check_hostname = False  # the address is loopback, the certificate itself is what is compared
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
