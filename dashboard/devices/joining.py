"""How a new board gets in: its user at the broker, the command that puts the firmware on it, the page it is set up by.

The board's password is shown once, here; the QR code holds it too, so both are for the eyes of whoever sets it up.
"""

from __future__ import annotations

import base64
import json
import shlex
import ssl
from dataclasses import dataclass
from urllib.parse import urlencode

import segno

from telemetry.datafolder import DataFolder
from telemetry.settings import Settings

#: The address of a board that is a network of its own (firmware/board/access_point.py).
_BOARD_PAGE = "http://192.168.4.1/"


@dataclass(frozen=True, slots=True)
class Broker:
    """The broker as boards reach it; no host where it listens on this machine only."""

    host: str
    port: int
    tls: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """What whoever sets a board up needs; `note` is what is left to do on the broker's side."""

    device: str
    password: str
    broker: Broker
    note: str
    #: The certificate authority that boards verify the broker with, where it speaks TLS: DER in base64.
    authority: str = ""

    @property
    def command(self) -> str:
        """Run beside the board, in the project's folder: it asks for the Wi-Fi."""
        words = ["python", "-m", "firmware", "deploy", "--device", self.device]
        if self.broker.host:
            words += ["--broker", self.broker.host, "--broker-port", str(self.broker.port)]
        return f"BOARD_PASSWORD={shlex.quote(self.password)} {shlex.join(words)}"

    @property
    def setup(self) -> str:
        """The board's own page with everything but the Wi-Fi filled in."""
        known = {
            "host": self.broker.host,
            "port": self.broker.port,
            "device": self.device,
            "password": self.password,
            "tls_ca": self.authority,
        }
        return f"{_BOARD_PAGE}?{urlencode({key: value for key, value in known.items() if value})}"

    @property
    def picture(self) -> str:
        """`setup` as a QR code, a picture in an address."""
        return str(segno.make(self.setup, error="m").svg_data_uri(scale=5, border=2, light="#fff"))


def invitation(settings: Settings, device: str, password: str, note: str) -> Invitation:
    """All that is known of the way to the broker, for a board that was just given a user there."""
    found = broker(settings)
    return Invitation(device, password, found, note, _authority(settings) if found.tls else "")


def _authority(settings: Settings) -> str:
    """Empty where there is no file of ours to tell."""
    folder = DataFolder(settings.data_dir)
    for path in filter(None, (settings.mqtt_tls_ca, folder.tls_authority)):
        try:
            return base64.b64encode(ssl.PEM_cert_to_DER_cert(path.read_text(encoding="utf-8"))).decode()
        except (OSError, ValueError):
            continue
    return ""


def broker(settings: Settings) -> Broker:
    """The broker as boards reach it: what the launcher announced, else what the settings say."""
    try:
        said = json.loads(DataFolder(settings.data_dir).app_address.read_text(encoding="utf-8"))["broker"]
        return Broker(said["host"] or "", int(said["port"]), bool(said["tls"]))
    except (OSError, ValueError, KeyError, TypeError):
        loopback = settings.mqtt_host in ("127.0.0.1", "localhost", "::1")
        return Broker("" if loopback else settings.mqtt_host, settings.mqtt_port, settings.mqtt_tls_ca is not None)
