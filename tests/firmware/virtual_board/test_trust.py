"""A board whose broker shows the wrong certificate: it goes on, says why, and is there when the right one is."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.deploy import console
from firmware.deploy.errors import BoardError
from firmware.deploy.lumos import Address
from launcher import certificate
from telemetry.datafolder import DataFolder
from tests.firmware.conftest import Broker, Listener
from tests.firmware.virtual_board.conftest import StartBoard, config_of
from tests.harness.waiting import until

_NAME = "lumos.local"


def _folder(path: Path, name: str = _NAME) -> DataFolder:
    """With an authority, and a certificate for a host of this name."""
    folder = DataFolder(path)
    certificate.make(folder, [name])
    return folder


def _trusted(folder: DataFolder) -> str | None:
    return Address("", None, (), 0, folder.tls_authority).authority_der()


@pytest.mark.parametrize(
    ("other_name", "sentence"),
    [
        (None, rb"the certificate will not do: The certificate is not correctly signed by the trusted CA); trying"),
        ("elsewhere", rb"the certificate will not do: The certificate Common Name (CN) does not match"),
    ],
)
def test_a_board_that_does_not_trust_its_broker_says_why_goes_on_and_connects_once_it_can(
    start_board: StartBoard, broker: Broker, listener: Listener, tmp_path: Path, other_name: str | None, sentence: bytes
) -> None:
    ours = _folder(tmp_path / "ours")
    trusted = _trusted(ours)
    theirs = _folder(tmp_path / "ours", other_name) if other_name else _folder(tmp_path / "theirs")
    broker.kill()
    port = broker.speak_tls(theirs.tls_certificate, theirs.tls_key)
    broker.start()
    board = start_board(config_of("v1", port, host=_NAME, tls_ca=trusted))
    (board.state / "hosts").write_text(f"{_NAME} 127.0.0.1\n")
    board.says(sentence)
    starts, refused = board.starts, broker.refusals()
    until(lambda: broker.refusals() >= refused + 2, "two more tries")

    certificate.make(ours, [_NAME])
    broker.kill()
    broker.speak_tls(ours.tls_certificate, ours.tls_key)
    broker.start()
    listener.wait_until(lambda: 0 in listener.seqs("v1"), 60)  # it has sampled from its start on
    assert board.starts == starts
    causes = [body["value"] for body in listener.on("esp32/v1/event") if body["event"] == "boot"]
    assert len(causes) == 1
    assert "error" not in causes[0]


def test_an_authority_that_is_no_certificate_does_not_restart_a_board(
    start_board: StartBoard, broker: Broker, tmp_path: Path
) -> None:
    folder = _folder(tmp_path / "ours")
    broker.kill()
    port = broker.speak_tls(folder.tls_certificate, folder.tls_key)
    broker.start()
    board = start_board(config_of("v1", port, tls_ca="bm8gY2VydGlmaWNhdGU="))
    board.says(b"the certificate will not do: invalid cert); trying again")
    assert b"Traceback" not in board.said


def test_deploy_says_what_to_do_about_a_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_BROKER_SECONDS", -1)

    class Said(console.Console):
        def lines(self) -> list[str]:
            return ["3.1 no broker at lumos.local:8883 (the certificate will not do: invalid cert); trying again"]

    with pytest.raises(BoardError, match=r"\(the certificate will not do: invalid cert\): deploy again, which gives"):
        console.wait_for_report(Said("none"), config_of("v1", 8883), None, 5)
