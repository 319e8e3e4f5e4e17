"""Ticks as an open page sends them: caught from a real browser, sent again, and gone on from."""

from __future__ import annotations

import http.client
import json
from typing import Any

from playwright.sync_api import Page, Request

from tests.harness.waiting import until

#: What Chromium accepts.
ENCODINGS = "gzip, deflate, br, zstd"


class OpenPage:
    """What a page keeps between its ticks: what it shows, and how often it has asked. On a host of its own, so that it
    has that host's share of the dashboard's limit of requests.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._port = port
        self._host = host
        self._shown: Any = None
        self._count = 0

    def tick(self, caught_tick: bytes) -> None:
        """Send a tick that was caught, as this page sends it now."""
        self._count += 1
        asked = json.loads(caught_tick)
        asked["inputs"][0]["value"] = self._count
        for state in asked["state"]:
            if state["id"] == "shown" and self._shown is not None:
                state["value"] = self._shown
        _, content = ask(self._port, json.dumps(asked).encode(), host=self._host)
        found = json.loads(content)["response"].get("shown") if content else None
        if found:
            self._shown = found["data"]


def caught(page: Page, address: str) -> bytes:
    """The body of a tick that the page sends by itself once all is drawn.

    Not one of those that look at the store's health too, every fifth: sent again later, it would tell that the device
    has grown quiet.
    """
    heard: list[bytes] = []

    def hear(request: Request) -> None:
        if '"tick.n_intervals"' in (request.post_data or ""):
            body = request.post_data_buffer or b"{}"
            if json.loads(body)["inputs"][0]["value"] % 5:
                heard.append(body)

    page.on("request", hear)
    page.goto(address)
    until(lambda: page.wait_for_timeout(100) or len(heard) >= 4, "ticks of the page", 60)
    return heard[-1]


def sent(port: int, body: bytes) -> int:
    """One request as the page sends it; how many bytes came back, headers and all."""
    answer, content = ask(port, body, ENCODINGS)
    head = len("HTTP/1.1 204 No Content\r\n\r\n")
    head += sum(len(name) + len(value) + len(": \r\n") for name, value in answer.getheaders())
    return head + len(content)


def ask(
    port: int, body: bytes, encodings: str = "identity", host: str = "127.0.0.1"
) -> tuple[http.client.HTTPResponse, bytes]:
    """A callback's request, from a host; the answer's head and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(host, 0))
    headers = {"Content-Type": "application/json", "Accept-Encoding": encodings}
    connection.request("POST", "/_dash-update-component", body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status in (200, 204), content[:300]
    return answer, content
