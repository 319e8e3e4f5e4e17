"""How Lumos connects to a broker: one place for address, user, password, TLS and the pauses between attempts.

Ingest and the dashboard both connect as this says. What they do with messages is theirs.
"""

from __future__ import annotations

import logging
import ssl
from typing import TypeVar

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from telemetry.errors import BrokerError
from telemetry.settings import Settings
from telemetry.tls import pinned

_log = logging.getLogger(__name__)

KEEPALIVE_SECONDS = 30
_Client = TypeVar("_Client", bound=paho.Client)


def make_client(settings: Settings, client_id: str) -> paho.Client:
    """A paho client (MQTT 3.1.1, callback API version 2) without a session of its own, equipped but not connected."""
    return equipped(
        paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True, protocol=paho.MQTTv311),
        settings,
    )


def equipped(client: _Client, settings: Settings) -> _Client:
    """A client with user, password, TLS and pauses as the settings say.

    The password is read again before each attempt, so that a wrong one can be corrected without a restart. Raises
    BrokerError when the password file or the certificate cannot be read.
    """
    if settings.mqtt_username:
        client.username_pw_set(settings.mqtt_username, _password(settings))
        client.on_pre_connect = _Renewing(settings)
    if settings.embedded and settings.tls_certificate is not None:
        client.tls_set_context(pinned(settings))
    elif settings.mqtt_tls_ca is not None:
        try:
            client.tls_set_context(ssl.create_default_context(cafile=str(settings.mqtt_tls_ca)))
        except (OSError, ssl.SSLError) as cause:
            raise BrokerError(
                f"--mqtt-tls-ca {settings.mqtt_tls_ca} cannot be used ({cause}): give a PEM file with the broker's CA"
            ) from cause
    client.reconnect_delay_set(min_delay=0.2, max_delay=30)  # type: ignore[arg-type]  # paho doubles any number
    return client


class _Renewing:
    """Before each attempt to connect: the password as it is now in its file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._failed = False

    def __call__(self, client: paho.Client, _data: object) -> None:
        try:
            password = _password(self._settings)
        except BrokerError as error:
            # Somebody may be writing it at this moment. The last one that was read stays.
            if not self._failed:
                _log.warning("%s; until then the one that was read before is used", error)
            self._failed = True
            return
        self._failed = False
        client.username_pw_set(self._settings.mqtt_username, password)


def _password(settings: Settings) -> str | None:
    if settings.mqtt_password_file is None:
        return None
    try:
        return settings.mqtt_password_file.read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as cause:
        raise BrokerError(
            f"--mqtt-password-file {settings.mqtt_password_file} cannot be read ({cause}): "
            "give a file whose first line is the password"
        ) from cause
