"""What whoever sets a board up is given: the exact command, and a page with all but the Wi-Fi filled in."""

from __future__ import annotations

import argparse
import base64
import json
import shlex
import ssl
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from dashboard.callbacks.rights import choices, invitation, invite
from dashboard.devices.joining import Broker, Invitation, broker
from dashboard.devices.joining import invitation as invitation_of
from dashboard.figures import Style
from firmware.deploy.command import add_deploy_arguments
from firmware.deploy.questions import ENVIRONMENT
from telemetry.datafolder import DataFolder
from telemetry.settings import Settings
from tests.dashboard.test_panels import text_of

MADE = Invitation("attic-2", "a_b-C & d", Broker("192.168.1.7", 8_883, True), "reload the broker")


def test_the_command_is_one_that_deploy_takes() -> None:
    variable, *words = shlex.split(MADE.command)
    name, _, password = variable.partition("=")
    assert (ENVIRONMENT[name], password) == (("password",), "a_b-C & d")
    assert words[:4] == ["python", "-m", "firmware", "deploy"]
    parser = argparse.ArgumentParser()
    add_deploy_arguments(parser)
    given = parser.parse_args(words[4:])
    assert (given.device, given.broker, given.broker_port) == ("attic-2", "192.168.1.7", 8_883)


def test_the_qr_code_opens_the_boards_own_page_filled_in() -> None:
    address = urlsplit(MADE.setup)
    assert address.hostname == "192.168.4.1"
    filled = {key: values[0] for key, values in parse_qs(address.query).items()}
    assert filled == {"host": "192.168.1.7", "port": "8883", "device": "attic-2", "password": "a_b-C & d"}
    assert "<svg" in unquote(MADE.picture)


def test_the_broker_is_the_one_that_the_launcher_announced(settings: Settings) -> None:
    assert broker(settings) == Broker("", settings.mqtt_port, False)
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    said = {"address": "x", "broker": {"host": "lumos.local", "port": 1_884, "tls": True}}
    folder.write_private(folder.app_address, json.dumps(said))
    assert broker(settings) == Broker("lumos.local", 1_884, True)


def test_a_broker_that_speaks_tls_tells_whom_to_trust(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.devices.joining.broker", lambda _: Broker("lumos.local", 8_883, True))
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    assert invitation_of(settings, "a", "p", "").authority == ""
    folder.tls_authority.write_text(ssl.DER_cert_to_PEM_cert(b"\x30\x03abc" * 100), encoding="utf-8")
    made = invitation_of(settings, "a", "p", "")
    assert base64.b64decode(made.authority) == b"\x30\x03abc" * 100
    assert parse_qs(urlsplit(made.setup).query)["tls_ca"] == [made.authority]
    assert "<svg" in unquote(made.picture)


def test_all_of_it_is_shown_with_what_is_left_to_do(style: Style) -> None:
    shown = text_of(invitation(MADE, style))
    for words in ("attic-2 may connect", "a_b-C", "BOARD_PASSWORD=", "reload the broker", "data:image/svg"):
        assert words in shown, words
    alone = Invitation("a", "p", Broker("", 1_883, False), "")
    assert "--lan" in text_of(invitation(alone, style))
    assert "--broker" not in alone.command


def test_a_name_that_will_not_do_is_told(context_on: object, style: Style, monkeypatch: pytest.MonkeyPatch) -> None:
    from telemetry.errors import BrokerError

    context = context_on()  # type: ignore[operator]

    def refuse(*_: object, **__: object) -> None:
        raise BrokerError("'a b' cannot be a board's name")

    monkeypatch.setattr(context.commander.actions, "call", refuse)
    assert "cannot be a board" in text_of(invite(context, "add_board_user", "a b", style))
    assert choices(context, "window", style)[0] == []  # and a store that does not answer offers nothing
