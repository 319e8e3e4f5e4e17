"""A new configuration can never shut a board out: by command, and by the page of its own access point."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.board import config
from firmware.board.access_point import AccessPoint, form
from firmware.board.hal import Hal
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

    def name(self) -> str:
        return "lumos-a1b2c3"

    def start_access_point(self) -> None:
        self.lines.append("on the air")

    def networks(self) -> list[str]:
        return ["lab", '<"evil">']

    async def try_network(self, ssid: str, password: str) -> None:
        if (ssid, password) != ("lab", "pass word&é"):
            raise OSError("the password is wrong")

    def show(self, lines: list[str]) -> None:
        self.lines += lines


async def _ask(port: int, body: str | None = None) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if body is None:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    else:
        writer.write(f"POST / HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    await writer.drain()
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def _served(talk: Any) -> tuple[bool, list[dict[str, Any]]]:
    proposed: list[dict[str, Any]] = []
    port = free_port()
    point = AccessPoint(Radio(), {"device": "window", "password": "kept"}, proposed.append)
    serving = asyncio.create_task(point.run(10, "127.0.0.1", port))
    while True:
        try:
            await _ask(port)
            break
        except OSError:
            await asyncio.sleep(0.01)
    await talk(port)
    serving_done = serving.done() or proposed
    if not serving_done:
        serving.cancel()
        return False, proposed
    return await serving, proposed


def test_the_page_tries_what_was_typed_says_what_did_not_work_and_keeps_what_did() -> None:
    async def main() -> None:
        async def nothing(*_: object) -> None:
            pass

        broker = await asyncio.start_server(nothing, "127.0.0.1", 0)
        broker_port = broker.sockets[0].getsockname()[1]
        closed = free_port()

        async def talk(port: int) -> None:
            page = await _ask(port)
            assert '<option value="lab">' in page
            assert "&lt;&quot;evil&quot;&gt;" in page
            assert "kept" not in page
            wrong = await _ask(port, f"ssid=lab&wifi_password=no&host=127.0.0.1&port={broker_port}&device=window")
            assert "The Wi-Fi lab cannot be joined: the password is wrong." in wrong
            right = "ssid=lab&wifi_password=pass+word%26%C3%A9&host=127.0.0.1"
            assert "No broker answers at 127.0.0.1" in await _ask(port, f"{right}&port={closed}&device=window")
            assert "a name of 1 to 64" in await _ask(port, f"{right}&port={broker_port}&device=")
            assert "port must be" in await _ask(port, f"{right}&port=70000&device=window")
            assert "too much text" in await _ask(port, "x" * 3_000)
            assert "It works" in await _ask(port, f"{right}&port={broker_port}&device=shelf")

        worked, proposed = await _served(talk)
        broker.close()
        assert worked
        (made,) = proposed
        assert made == {
            "device": "shelf",
            "username": "shelf",
            "password": "kept",
            "wifi": {"ssid": "lab", "password": "pass word&é"},
            "host": "127.0.0.1",
            "port": broker_port,
        }

    asyncio.run(main())
