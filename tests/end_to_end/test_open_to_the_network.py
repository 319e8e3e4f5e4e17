"""`--lan` as a whole: what listens where, who is let in at the broker and on the page, with and without TLS."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import paho.mqtt.client as paho
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from dashboard.access.people import People
from dashboard.access.roles import Role
from telemetry.datafolder import DataFolder
from tests.harness.processes import Running, free_port, lumos, module
from tests.harness.waiting import until

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Open:
    """A Lumos that the network can reach."""

    http_port: int
    mqtt_port: int
    folder: DataFolder
    app: Running
    trust: ssl.SSLContext | None

    def connection(self) -> http.client.HTTPConnection:
        if self.trust is None:
            return http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=10)
        return http.client.HTTPSConnection("127.0.0.1", self.http_port, timeout=10, context=self.trust)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = self.connection()
        try:
            connection.request(method, path, body or None, {name.replace("_", "-"): v for name, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


@pytest.fixture(params=["plain", "tls"])
def lan(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """`python app.py --demo --lan`, with a certificate made by `app.py certificate` and without one."""
    (tmp_path / "password").write_text(PASSWORD)
    folder, trust = DataFolder(tmp_path / "data"), None
    if request.param == "tls":
        with lumos(tmp_path / "certificate.log", "certificate", "--data-dir", folder.path) as made:
            assert made.process.wait(30) == 0, made.output()
        trust = ssl.create_default_context(cafile=str(folder.tls_authority))
    http_port, mqtt_port = free_port(), free_port()
    flags = ["--data-dir", folder.path, "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    access = ["--lan", "--admin-password-file", tmp_path / "password"]
    with lumos(tmp_path / "lumos.log", "--demo", *flags, *access) as app:
        found = Open(http_port, mqtt_port, folder, app, trust)
        until(lambda: "Lumos is ready" in app.output(), "the address on the console", 30)
        yield found


def _connects(lan: Open, name: str | None, password: str | None, trust: ssl.SSLContext | None) -> bool:
    """Whether the broker lets a client in."""
    answered, answers = threading.Event(), []
    client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
    if name:
        client.username_pw_set(name, password)
    if trust is not None:
        client.tls_set_context(trust)

    def on_connect(_client: object, _data: object, _flags: object, reason: paho.ReasonCode, _props: object) -> None:
        answers.append(not reason.is_failure)
        answered.set()

    client.on_connect = on_connect
    client.on_disconnect = lambda *_: answered.set()
    with contextlib.suppress(OSError):
        client.connect("127.0.0.1", lan.mqtt_port)
        client.loop_start()
        assert answered.wait(10)
    client.disconnect()
    client.loop_stop()
    return answers == [True]


def test_from_lan_on_nobody_is_anonymous(lan: Open) -> None:
    assert lan.ask("GET", "/data")[0] == 401
    status, headers, _ = lan.ask("GET", "/", Accept="text/html")
    assert (status, headers["location"]) == (302, "/login?next=/")
    assert json.loads(lan.ask("GET", "/health")[2]).keys() == {"status"}

    # The demo's boards have passwords of their own, so their readings arrive; a script reads them with a token.
    people = People(lan.folder.people, 3_600)
    token = people.add_token("script", Role.VIEWER, "test")
    people.close()
    bearer = {"Authorization": f"Bearer {token}"}
    until(lambda: b"sim-2" in lan.ask("GET", "/data", **bearer)[2], "readings of sim-2", 30)

    assert not _connects(lan, None, None, lan.trust)
    assert not _connects(lan, "sim-1", "wrong", lan.trust)
    log = lan.folder.path.parent / "device.log"
    with module(log, "ingest", "device", "add", "window", "--data-dir", lan.folder.path) as added:
        assert added.process.wait(30) == 0, added.output()
    words = added.output().split()
    password = words[words.index("password") + 1]
    until(lambda: _connects(lan, "window", password, lan.trust), "the new board's connection", 10)
    with module(log, "ingest", "device", "remove", "window", "--data-dir", lan.folder.path) as removed:
        assert removed.process.wait(30) == 0
    until(lambda: not _connects(lan, "window", password, lan.trust), "the refusal of the removed board", 10)


def test_a_person_logs_in_asks_and_logs_out_over_one_connection(lan: Open) -> None:
    """Also answers without a body, which servers differ in: 204, 304, and a redirect."""
    scheme = "https" if lan.trust else "http"
    origin = f"{scheme}://127.0.0.1:{lan.http_port}"
    form = urlencode({"name": "admin", "password": PASSWORD})
    status, headers, _ = lan.ask(
        "POST", "/login", form, Origin=origin, Content_Type="application/x-www-form-urlencoded"
    )
    assert status == 303
    cookie = headers["set-cookie"]
    assert ("Secure" in cookie) is (lan.trust is not None)
    session = {"Cookie": cookie.split(";")[0]}
    connection = lan.connection()
    for _ in range(2):
        connection.request("GET", "/assets/logo.svg", headers=session)
        first = connection.getresponse()
        assert first.read().startswith(b"<svg")
        connection.request("GET", "/assets/logo.svg", headers={**session, "If-None-Match": first.headers["ETag"]})
        again = connection.getresponse()
        assert (again.status, again.read()) == (304, b"")
    connection.close()
    assert lan.ask("GET", "/_dash-layout", **session)[0] == 200
    assert lan.ask("POST", "/logout", Origin=origin, **session)[0] == 303
    assert lan.ask("GET", "/_dash-layout", **session)[0] == 401


def test_oversized_and_unfinished_requests_harm_nobody_else(lan: Open) -> None:
    assert lan.ask("POST", "/login", "x" * 300_000)[0] in (400, 413)
    with contextlib.ExitStack() as open_ones:
        for _ in range(60):
            slow = open_ones.enter_context(socket.create_connection(("127.0.0.1", lan.http_port), timeout=10))
            if lan.trust is None:
                slow.sendall(b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nname=")
            else:
                slow.sendall(b"\x16\x03\x01")  # the beginning of a TLS greeting, and then nothing
        assert lan.ask("GET", "/alive")[0] == 200
    with contextlib.suppress(ConnectionError, ssl.SSLEOFError):  # cut off while it is still talking
        assert lan.ask("GET", "/alive", X_Long="x" * 300_000)[0] in (400, 431)
    assert lan.ask("GET", "/alive")[0] == 200


@pytest.mark.parametrize("lan", ["tls"], indirect=True)
def test_without_tls_nobody_is_heard_once_there_is_a_certificate(lan: Open) -> None:
    assert not _connects(lan, "sim-1", "wrong", None)
    connection = http.client.HTTPConnection("127.0.0.1", lan.http_port, timeout=10)
    connection.request("GET", "/alive")
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse()
    stranger = ssl.create_default_context()  # it does not know our authority
    with pytest.raises(ssl.SSLCertVerificationError):
        http.client.HTTPSConnection("127.0.0.1", lan.http_port, timeout=10, context=stranger).request("GET", "/")


def test_without_lan_everything_listens_on_loopback(tmp_path: Path) -> None:
    flags = ["--data-dir", tmp_path / "data", "--port", str(free_port()), "--mqtt-port", str(free_port())]
    with lumos(tmp_path / "lumos.log", "--demo", *flags) as app:
        until(lambda: "Lumos is ready" in app.output(), "the address on the console", 30)
        parent = psutil.Process(app.process.pid)
        listening = [
            connection.laddr.ip
            for process in (parent, *parent.children(recursive=True))
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
    assert len(listening) >= 3
    assert set(listening) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_a_lan_start_without_an_admin_and_without_a_console_names_the_remedy(tmp_path: Path) -> None:
    flags = ["--lan", "--data-dir", tmp_path / "data", "--port", str(free_port()), "--mqtt-port", str(free_port())]
    with lumos(tmp_path / "lumos.log", *flags) as app:
        assert app.process.wait(30) == 2
    assert "--admin-password-file" in app.output()
    assert "Traceback" not in app.output()


def test_a_certificate_that_does_not_fit_its_key_is_one_sentence(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with lumos(tmp_path / f"{name}.log", "certificate", "--data-dir", tmp_path / name) as made:
            assert made.process.wait(30) == 0
    secrets = [tmp_path / "a" / "secrets" / "host.pem", tmp_path / "b" / "secrets" / "host.key"]
    flags = ["--data-dir", tmp_path / "data", "--tls-certificate", secrets[0], "--tls-key", secrets[1]]
    with lumos(tmp_path / "lumos.log", *flags) as app:
        assert app.process.wait(30) == 2
    assert "python app.py certificate" in app.output()
    assert "Traceback" not in app.output()
