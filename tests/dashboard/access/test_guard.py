"""Host, Origin, amount: what a request must be before anybody looks at who asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.access import guard
from dashboard.access.people import People
from dashboard.access.throttle import Throttle
from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from tests.dashboard.access.conftest import HOST, settings_with
from tests.dashboard.conftest import FakeReader

Ask = Callable[[str], Callable[..., Any]]


@pytest.mark.parametrize(
    "host", ["evil.example", "lumos.local.evil.example", "127.0.0.1.nip.io", "", "[", "localhost."]
)
def test_a_name_that_is_not_ours_is_not_answered(host: str, client: Any) -> None:
    response = client.get("/health", base_url=HOST, headers={"Host": host})
    assert response.status_code == 421
    assert "--allowed-hosts" in response.get_json()["error"]


@pytest.mark.parametrize("host", ["127.0.0.1:8050", "[::1]:8050", "192.168.1.20", "localhost:1", "LUMOS.local"])
def test_addresses_and_our_names_are_answered(host: str, client: Any) -> None:
    assert client.get("/alive", base_url=HOST, headers={"Host": host}).status_code == 200


def test_further_names_are_a_setting(tmp_path: Path, commander: Commander) -> None:
    settings = settings_with(tmp_path, "--allowed-hosts", "lab.example.org, second")
    client = create_app(settings, reader=FakeReader(), commander=commander).server.test_client()
    assert client.get("/alive", headers={"Host": "lab.example.org:8050"}).status_code == 200
    assert client.get("/alive", headers={"Host": "other.example.org"}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://lumos.local", "http://lumos.local:81"])
def test_another_sites_page_cannot_act(origin: str, ask_as: Ask) -> None:
    ask = ask_as("session admin")
    for path in ("/_dash-update-component", "/logout"):
        response = ask("POST", path, json={"output": "pending.data"}, headers={"Origin": origin})
        assert response.status_code == 403
        assert "another site" in response.get_json()["error"]


def test_a_cookie_without_an_origin_cannot_act(ask_as: Ask) -> None:
    response = ask_as("session admin")("POST", "/logout", headers={})
    assert response.status_code == 403


def test_without_logins_another_sites_page_cannot_act_either(tmp_path: Path, commander: Commander) -> None:
    client = create_app(settings_with(tmp_path), reader=FakeReader(), commander=commander).server.test_client()
    headers = {"Origin": "http://evil.example"}
    assert client.post("/_dash-update-component", json={}, headers=headers).status_code == 403


def test_a_body_too_large_is_refused(ask_as: Ask) -> None:
    response = ask_as("session admin")("POST", "/_dash-update-component", data=b"x" * (guard.LARGEST_BODY + 1))
    assert response.status_code == 413
    assert "bytes" in response.get_json()["error"]


def test_too_many_requests_are_told_to_wait(
    tmp_path: Path, commander: Commander, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "REQUESTS", 3)
    client = create_app(settings_with(tmp_path), reader=FakeReader(), commander=commander).server.test_client()
    statuses = [client.get("/alive").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_an_unknown_token_is_refused_though_a_session_would_pass(ask_as: Ask, people: People) -> None:
    ask = ask_as("session admin")
    response = ask("GET", "/data", headers={"Authorization": "Bearer lumos_wrong"})
    assert response.status_code == 401
    text = people.add_token("script", guard.Role.VIEWER, "test")
    assert ask("GET", "/health", headers={"Authorization": f"Bearer {text}"}).status_code == 503
    people.revoke_token("script")
    assert ask("GET", "/data", headers={"Authorization": f"Bearer {text}"}).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../app.py", "/assets/%2e%2e/%2e%2e/data/secrets/read.token", "/assets/..%2f..%2fpyproject.toml",
        "/assets//etc/passwd", "/assets/head/../../../CHANGELOG.md",
        "/_dash-component-suites/dash/../../../../etc/passwd",
        "/_dash-component-suites/dashboard/access/people.py",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_assets(path: str, ask_as: Ask) -> None:
    response = ask_as("session admin")("GET", path)
    # A path that is none of a file's is the page itself, which says that there is nothing.
    assert response.status_code in (400, 404, 500) or b"_dash-config" in response.data
    assert b"root:" not in response.data
    assert b"[project]" not in response.data


def test_a_page_is_led_to_the_login_and_a_script_is_told(ask_as: Ask) -> None:
    page = ask_as("nobody")("GET", "/?device=a%20b", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Location"]) == (302, "/login?next=/%3Fdevice%3Da%2520b")
    assert ask_as("nobody")("GET", "/data").status_code == 401


def test_the_policy_holds_the_browser_to_our_own_files(ask_as: Ask) -> None:
    for path in ("/", "/login"):
        policy = ask_as("nobody" if path == "/login" else "session viewer")("GET", path).headers[
            "Content-Security-Policy"
        ]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
        assert "unsafe-eval" not in policy


def test_a_throttles_window_passes() -> None:
    now = [0.0]
    throttle = Throttle(2, 10, lambda: now[0])
    throttle.note("a", "b")
    assert throttle.wait_seconds("a") == 0
    throttle.note("a")
    assert throttle.wait_seconds("a") == 10
    assert throttle.wait_seconds("b") == 0
    now[0] = 10.0
    assert throttle.wait_seconds("a", "b") == 0
