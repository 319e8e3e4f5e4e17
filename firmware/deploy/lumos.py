"""What a running Lumos on this machine does for a new board: a user at the broker, and the word that it reported."""

from __future__ import annotations

import base64
import getpass
import json
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware.deploy.errors import BoardConfigError
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError, BrokerError, LumosError, StoreUnavailableError
from telemetry.reader import Actions, Reader


@dataclass(frozen=True, slots=True)
class Address:
    """Where the running Lumos can be reached: the page, and for boards the broker.

    `broker_host` is None where only this machine reaches it, `broker_names` is all that means it, `authority` the file
    with the certificate to trust at its other end, None where it does not speak TLS.
    """

    page: str
    broker_host: str | None
    broker_names: tuple[str, ...]
    broker_port: int
    authority: Path | None

    def authority_der(self) -> str | None:
        """The certificate that boards verify the broker with, DER in base64. Raises BoardConfigError."""
        if self.authority is None:
            return None
        try:
            return der_in(self.authority.read_text(encoding="utf-8"))
        except (OSError, ValueError) as cause:
            raise BoardConfigError(f"{self.authority} holds no certificate that boards could trust: {cause}") from cause


_PEM = "-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----"


def der_in(text: str) -> str:
    """The last certificate of a PEM text, DER in base64, as boards keep it. Raises OSError or ValueError for none."""
    # A host's own certificate stands before that of its authority.
    *_, last = re.findall(_PEM, text, re.DOTALL)
    der = ssl.PEM_cert_to_DER_cert(last)
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=der)
    return base64.b64encode(der).decode()


class RunningLumos:
    """The Lumos on this data folder. Raises LumosError where none runs."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._actions = Actions(folder)
        self._reader = Reader(folder)

    def address(self) -> Address | None:
        """None where none runs."""
        try:
            said = json.loads(self._folder.app_address.read_text(encoding="utf-8"))
            broker = said["broker"]
            self._reader.ask("devices")
        except (OSError, ValueError, KeyError, LumosError):
            return None
        authority = Path(broker["authority"]) if broker["authority"] else None
        return Address(said["address"], broker["host"], tuple(broker["names"]), broker["port"], authority)

    def board_password(self, device: str) -> tuple[str, str]:
        """A fresh password at the broker for the device, whether it had one or not; and what a person must still do."""
        by = f"{getpass.getuser()} (deploy)"
        try:
            made = self._actions.call("add_board_user", {"device": device}, by)
        except (ActionError, BrokerError):  # the name has a password already
            made = self._actions.call("renew_board_user", {"device": device}, by)
        return str(made["password"]), str(made["note"])

    def last_status_us(self, device: str) -> int:
        """When the device last said something about itself; 0 for never."""
        row = self._row(device)
        return int(row["status_us"] or 0) if row else 0

    def status_since(self, device: str, after_us: int) -> dict[str, Any] | None:
        """The device's status if it came after a moment and says that it is online; None before that."""
        try:
            row = self._row(device)
        except StoreUnavailableError:
            return None  # ingest may be restarting
        if not row or not row["online"] or (row["status_us"] or 0) <= after_us:
            return None
        return dict(json.loads(row["status"]))

    def _row(self, device: str) -> dict[str, Any] | None:
        rows = self._reader.ask("devices").to_pylist()
        return next((row for row in rows if row["device"] == device), None)
