"""A new configuration can never shut a board out: by command, and by the page of its own access point."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.board import config
from firmware.board.access_point import AccessPoint, form
from firmware.board.captive import answer
from firmware.board.hal import Hal
from tests.firmware.conftest import Broker
from tests.harness.processes import free_port

KEPT = {"device": "window", "host": "old"}
NEW = {"device": "window", "host": "new"}


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "board.json").write_text(json.dumps(KEPT))
    return f"{tmp_path}/"


def test_a_trial_that_gets_through_is_kept(folder: str) -> None:
    config.propose(NEW, folder)
    assert config.load(folder) == (NEW, True)
    config.keep(folder)
    assert config.load(folder) == (NEW, False)


def test_a_trial_that_does_not_get_through_is_over_at_the_next_start_whatever_ended_it(folder: str) -> None:
    config.propose(NEW, folder)
    assert config.load(folder) == (NEW, True)
    assert config.load(folder) == (KEPT, False)
    assert config.load(folder) == (KEPT, False)


@pytest.mark.parametrize("torn", ["", "{", "[]", "{}"])
def test_a_file_that_is_torn_is_not_used(folder: str, torn: str) -> None:
    (Path(folder) / "trial.json").write_text(torn)
    assert config.load(folder) == (KEPT, False)
    (Path(folder) / "board.json").write_text(torn)
    assert config.load(folder) == (None, False)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
def test_a_form_is_read_as_a_browser_writes_it(fields: dict[str, str]) -> None:
    from urllib.parse import urlencode

    body = urlencode(fields)
    assert form(body) == (fields if body else {"": ""})


@given(st.text(max_size=60))
def test_no_form_makes_it_raise(body: str) -> None:
    assert all(isinstance(value, str) for value in form(body).values())


class Radio(Hal):
    """A radio that knows one network; the broker behind it is a real port of this machine."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.authorities: list[str] = []
        self._last_tick = 0

    def uptime_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def name(self) -> str:
        return "lumos-a1b2c3"

    def start(self) -> str:
        return "127.0.0.1"

    def log(self, text: str) -> None:
        self.lines.append(text)

    async def sync_clock(self) -> None:
        raise OSError("no time server")

    async def open_connection(
        self, host: str, port: int, authority: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.authorities.append(authority)
        return await asyncio.open_connection(host, port)

    def others(self) -> list[str]:
        return ["lab", '<"evil">']

    async def try_network(self, ssid: str, password: str) -> None:
        if (ssid, password) != ("lab", "pass word&é"):
            raise OSError("the password is wrong")

    def show(self, lines: list[str]) -> None:
        self.lines += lines


async def _ask(port: int, body: str | None = None, query: str = "") -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if body is None:
        writer.write(f"GET /{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    else:
        writer.write(f"POST /{query} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    await writer.drain()
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def _served(radio: Radio, talk: Any) -> tuple[bool, list[dict[str, Any]]]:
    """Whether a set-up worked, and what was proposed, after somebody's talk with the page."""
    proposed: list[dict[str, Any]] = []
    port = free_port()
    point = AccessPoint(radio, radio, {"device": "window", "password": "kept"}, proposed.append)
    serving = asyncio.create_task(point.run(10, "127.0.0.1", port, free_port()))
    while True:
        try:
            await _ask(port)
            break
        except OSError:
            await asyncio.sleep(0.01)
    await talk(port)
    return await serving, proposed


RIGHT = "ssid=lab&wifi_password=pass+word%26%C3%A9&host=127.0.0.1"


def test_the_page_tries_what_was_typed_says_what_did_not_work_and_keeps_what_did(broker: Broker) -> None:
    closed, radio = free_port(), Radio()

    async def talk(port: int) -> None:
        page = await _ask(port)
        assert '<option value="lab">' in page
        assert "&lt;&quot;evil&quot;&gt;" in page
        assert "kept" not in page
        scanned = await _ask(port, query="?host=10.0.0.7&port=8883&device=attic-2&password=a%26b%22&tls_ca=MII%2B")
        for filled in ("10.0.0.7", "8883", "attic-2", "a&amp;b&quot;"):
            assert f'value="{filled}"' in scanned
        assert ">MII+</textarea>" in scanned
        again = await _ask(port, "ssid=lab&wifi_password=no&password=typed&device=window", "?password=scanned")
        assert 'value="scanned"' in again
        assert "typed" not in again
        wrong = await _ask(port, f"ssid=lab&wifi_password=no&host=127.0.0.1&port={broker.port}&device=window")
        assert "The Wi-Fi lab cannot be joined: the password is wrong." in wrong
        assert "cannot be used: " in await _ask(port, f"{RIGHT}&port={closed}&device=window")
        assert "a name of 1 to 64" in await _ask(port, f"{RIGHT}&port={broker.port}&device=")
        assert "port must be" in await _ask(port, f"{RIGHT}&port=70000&device=window")
        assert "too much text" in await _ask(port, "x" * 5_000)
        assert "It works" in await _ask(port, f"{RIGHT}&port={broker.port}&device=shelf")

    worked, proposed = asyncio.run(_served(radio, talk))
    assert worked
    assert proposed == [
        {
            "device": "shelf",
            "username": "shelf",
            "password": "kept",
            "wifi": {"ssid": "lab", "password": "pass word&é"},
            "host": "127.0.0.1",
            "port": broker.port,
            "tls_ca": "",
        }
    ]
    assert "It works." in radio.lines


def test_a_certificate_that_was_pasted_is_whom_the_board_trusts(broker: Broker) -> None:
    radio = Radio()
    pem = "-----BEGIN CERTIFICATE-----%0D%0AMIIB%2FzCC%0D%0AAaWg%3D%3D%0D%0A-----END CERTIFICATE-----%0D%0A"

    async def talk(port: int) -> None:
        assert "It works" in await _ask(port, f"{RIGHT}&port={broker.port}&device=shelf&tls_ca={pem}")

    _, proposed = asyncio.run(_served(radio, talk))
    assert radio.authorities == ["MIIB/zCCAaWg=="]
    assert proposed[0]["tls_ca"] == "MIIB/zCCAaWg=="


@pytest.mark.parametrize(
    ("kind", "replied"),
    [(b"\x00\x01", b"\xc0\xa8\x04\x01"), (b"\x00\x1c", b"")],
)
def test_every_name_has_the_boards_address_and_no_other_record(kind: bytes, replied: bytes) -> None:
    asked = b"\x04test\x07example\x00" + kind + b"\x00\x01"
    reply = answer(b"\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + asked, "192.168.4.1")
    assert reply is not None
    assert reply[:4] == b"\xab\xcd\x84\x00"
    assert reply[12 : 12 + len(asked)] == asked
    assert reply.endswith(replied)
    assert int.from_bytes(reply[6:8], "big") == (1 if replied else 0)


@given(st.binary(max_size=60))
def test_no_question_makes_the_name_server_raise(question: bytes) -> None:
    reply = answer(question, "192.168.4.1")
    assert reply is None or reply[:2] == question[:2]
