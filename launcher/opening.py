"""Opening Lumos to the network: what `--lan` needs before the parts start, and what people are told when they run.

Nothing is opened before somebody can log in: the first admin is made here, on the console or from a password file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import sys
from collections.abc import Iterator, Mapping

from telemetry.datafolder import DataFolder
from telemetry.settings import Settings

#: The port of MQTT over TLS, as IANA has it.
_MQTT_TLS_PORT = 8883
_NAME = "lumos"


def with_own_certificate(settings: Settings, folder: DataFolder) -> Settings:
    """The settings with the certificate that `python app.py certificate` made, where there is one and --lan is on."""
    if (
        settings.lan
        and settings.tls_certificate is None
        and settings.tls_key is None
        and folder.tls_certificate.exists()
    ):
        settings = dataclasses.replace(settings, tls_certificate=folder.tls_certificate, tls_key=folder.tls_key)
    if settings.tls_certificate is not None and settings.embedded and "mqtt_port" not in settings.given:
        settings = dataclasses.replace(settings, mqtt_port=_MQTT_TLS_PORT)
    return settings


def first_admin(environment: Mapping[str, str]) -> int:
    """Have the first admin made, unless there is one; 0, or the exit code of the refusal, which has been said."""
    return subprocess.run([sys.executable, "-m", "dashboard", "user", "first"], env=environment, check=False).returncode


@contextlib.contextmanager
def on_the_network(settings: Settings) -> Iterator[list[str]]:
    """Announce an open Lumos while the context lasts; the lines that tell people how to reach it."""
    if not settings.lan:
        yield []
        return
    from launcher.certificate import addresses
    from launcher.discovery import announced, qr_code

    scheme = "https" if settings.tls_certificate else "http"
    reached = addresses()
    with announced(settings, _NAME, reached) as known:
        names = [*([f"{_NAME}.local"] if known else []), *(f"[{a}]" if ":" in a else a for a in reached)]
        pages = [f"{scheme}://{name}:{settings.port}" for name in names]
        lines = [f"  from the network: {page}" for page in pages]
        if settings.embedded and reached:
            kind = "MQTT over TLS" if settings.tls_certificate else "MQTT"
            lines.append(f"  boards: {kind} at {reached[0]}:{settings.mqtt_port}, each with a password of its own:")
            lines.append("          python -m ingest device add NAME")
        v4 = [page for page, name in zip(pages, names, strict=True) if name in reached]
        if v4:
            lines.append(qr_code(v4[0]).rstrip("\n"))
        yield lines
