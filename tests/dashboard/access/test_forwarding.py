"""Behind a reverse proxy: a path in front of everything, and whose word counts about the client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flask
import pytest

from dashboard.access.forwarding import Forwarding
from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from telemetry.errors import SettingError
from tests.dashboard.access.conftest import settings_with
from tests.dashboard.conftest import FakeReader

FORWARDED = {
    "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "lab.example.org",
    "X-Forwarded-Prefix": "/evil", "X-Forwarded-Port": "99",
}  # fmt: skip


def seen_by_the_app(folder: Path, *flags: str, path: str = "/", sender: str = "127.0.0.1") -> dict[str, Any]:
    app: Any = flask.Flask("probe")

    @app.route("/", defaults={"path": ""})
    @app.route("/<path:path>")
    def probe(path: str) -> dict[str, Any]:
        request = flask.request
        return {
            "from": request.remote_addr,
            "scheme": request.scheme,
            "host": request.host,
            "root": request.script_root,
            "path": request.path,
        }

    app.wsgi_app = Forwarding(app.wsgi_app, settings_with(folder, *flags))
    found: dict[str, Any] = (
        app.test_client().get(path, headers=FORWARDED, environ_base={"REMOTE_ADDR": sender}).get_json()
    )
    return found


def test_nobodys_headers_are_believed(tmp_path: Path) -> None:
    assert seen_by_the_app(tmp_path) == {
        "from": "127.0.0.1", "scheme": "http", "host": "localhost", "root": "", "path": "/",
    }  # fmt: skip


def test_a_named_proxys_are(tmp_path: Path) -> None:
    found = seen_by_the_app(tmp_path, "--trusted-proxies", "127.0.0.1, 10.0.0.0/8", sender="10.1.2.3")
    assert (found["from"], found["scheme"], found["host"]) == ("203.0.113.9", "https", "lab.example.org")
    assert found["root"] == ""
    other = seen_by_the_app(tmp_path, "--trusted-proxies", "10.0.0.0/8", sender="11.1.2.3")
    assert other["from"] == "11.1.2.3"


@pytest.mark.parametrize(
    ("asked", "path"), [("/lumos/data", "/data"), ("/lumos", "/"), ("/data", "/data"), ("/lumosity", "/lumosity")]
)
def test_the_base_path_is_cut_off_whether_the_proxy_did_or_not(asked: str, path: str, tmp_path: Path) -> None:
    found = seen_by_the_app(tmp_path, "--base-path", "/lumos", path=asked)
    assert (found["root"], found["path"]) == ("/lumos", path)


def test_every_address_on_the_page_stands_below_the_base_path(tmp_path: Path, commander: Commander) -> None:
    settings = settings_with(tmp_path, "--base-path", "/lumos/")
    client = create_app(settings, reader=FakeReader(), commander=commander).server.test_client()
    page = client.get("/lumos/").get_data(as_text=True)
    local = [part.split('"')[0] for part in page.split('src="/')[1:] + page.split('href="/')[1:]]
    assert len(local) > 5
    assert [address for address in local if not address.startswith("lumos/")] == []
    for address in local:
        assert client.get(f"/{address}").status_code == 200


def test_a_proxy_that_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"--trusted-proxies: 'nginx' is not addresses"):
        settings_with(tmp_path, "--trusted-proxies", "nginx")
