"""Being found on the network: `lumos.local`, the page and the broker announced by mDNS, and a QR code for the page.

Announcing is a service to boards and phones, never a condition: where the network refuses multicast, everything else
runs on. RFC 6762 (mDNS) and RFC 6763 (service discovery), by the zeroconf library.
"""

from __future__ import annotations

import contextlib
import io
import ipaddress
import logging
from collections.abc import Iterator

from telemetry.settings import Settings

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def announced(settings: Settings, name: str, addresses: list[str]) -> Iterator[bool]:
    """Announce the page (`_http._tcp`) and the broker (`_mqtt._tcp`) as `<name>.local` while the context lasts.

    Yields whether that worked. A name that another machine has already is left to it, and the log says so.
    """
    from zeroconf import Error, ServiceInfo, Zeroconf

    packed = [ipaddress.ip_address(address).packed for address in addresses]
    services = [("_http._tcp.local.", settings.port)]
    if settings.embedded:
        services.append(("_mqtt._tcp.local.", settings.mqtt_port))
    infos = [
        ServiceInfo(kind, f"{name}.{kind}", port=port, addresses=packed, server=f"{name}.local.")
        for kind, port in services
    ]
    try:
        network = Zeroconf(interfaces=[a for a in addresses if ":" not in a] or ["127.0.0.1"])
    except OSError as error:
        _log.warning("not announced on the network (%s): use an address instead of %s.local", error, name)
        yield False
        return
    try:
        done = True
        try:
            for info in infos:
                network.register_service(info)
        except (Error, OSError) as error:
            done = False
            _log.warning("%s.local not announced (%s): use an address", name, str(error) or type(error).__name__)
        yield done
    finally:
        network.close()


def qr_code(text: str) -> str:
    """A QR code of `text` as lines of half-block characters, for a terminal."""
    import segno

    drawn = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(drawn, compact=True)
    return drawn.getvalue()
