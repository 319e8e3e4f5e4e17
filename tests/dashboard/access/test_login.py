"""Logging in and out: right and wrong passwords, guessing, sessions that are fixed, stolen, idle or ended."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.access.guard import SESSION_COOKIE
from dashboard.access.login import local_path
from dashboard.access.people import People
from dashboard.access.roles import Role
from tests.dashboard.access.conftest import HOST, PASSWORD


@pytest.fixture(autouse=True)
def ada(people: People) -> None:
    people.set_password("ada", PASSWORD, Role.OPERATOR)


def enter(client: Any, password: str = PASSWORD, name: str = "ada", **more: Any) -> Any:
    return client.post(
        "/login", base_url=HOST, headers={"Origin": HOST}, data={"name": name, "password": password, **more}
    )


def test_the_right_password_opens_a_session_and_leads_on(client: Any) -> None:
    response = enter(client, next="/?device=window")
    assert (response.status_code, response.headers["Location"]) == (303, "/?device=window")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert client.get("/health", base_url=HOST).get_json()["status"] == "down"
    assert client.get("/_dash-layout", base_url=HOST).status_code == 200


def test_under_tls_the_cookie_is_secure(client: Any) -> None:
    base = HOST.replace("http:", "https:")
    data = {"name": "ada", "password": PASSWORD}
    response = client.post("/login", base_url=base, headers={"Origin": base}, data=data)
    assert "Secure" in response.headers["Set-Cookie"]


@pytest.mark.parametrize("name", ["ada", "nobody", "", "ada' OR 1=1 --", "a" * 300])
def test_a_wrong_password_and_a_wrong_name_are_told_alike(name: str, client: Any) -> None:
    response = enter(client, "wrong password", name)
    assert response.status_code == 401
    assert "Name and password do not go together." in response.get_data(as_text=True)
    assert "Set-Cookie" not in response.headers


def test_guessing_is_made_slow_and_the_right_password_waits_too(client: Any) -> None:
    statuses = [enter(client, "wrong password").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    response = enter(client)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


def test_another_address_is_not_locked_out_by_the_guesser(client: Any) -> None:
    for _ in range(6):
        enter(client, "wrong password")
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.168.1.77"}}
    data = {"name": "ada", "password": PASSWORD}
    assert client.post("/login", base_url=HOST, headers={"Origin": HOST}, data=data, **elsewhere).status_code == 303


def test_a_session_that_was_fixed_beforehand_is_worth_nothing(client: Any, dash_app: Any) -> None:
    client.set_cookie(SESSION_COOKIE, "chosen-by-somebody-else", domain="lumos.local")
    enter(client)
    thief = dash_app.server.test_client()
    thief.set_cookie(SESSION_COOKIE, "chosen-by-somebody-else", domain="lumos.local")
    assert thief.get("/data", base_url=HOST).status_code == 401


def test_logging_in_again_ends_the_session_before(client: Any, dash_app: Any) -> None:
    enter(client)
    before = client.get_cookie(SESSION_COOKIE, domain="lumos.local").value
    enter(client)
    thief = dash_app.server.test_client()
    thief.set_cookie(SESSION_COOKIE, before, domain="lumos.local")
    assert thief.get("/_dash-layout", base_url=HOST).status_code == 401


def test_logging_out_ends_the_session_itself_and_not_only_the_cookie(client: Any, dash_app: Any) -> None:
    enter(client)
    kept = client.get_cookie(SESSION_COOKIE, domain="lumos.local").value
    response = client.post("/logout", base_url=HOST, headers={"Origin": HOST})
    assert (response.status_code, response.headers["Location"]) == (303, "/login")
    thief = dash_app.server.test_client()
    thief.set_cookie(SESSION_COOKIE, kept, domain="lumos.local")
    assert thief.get("/_dash-layout", base_url=HOST).status_code == 401


@pytest.mark.parametrize(
    "wish", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\r\nX: y", "", None]
)
def test_no_login_leads_to_another_site(wish: str | None) -> None:
    assert local_path(wish) == "/"


def test_what_was_typed_comes_back_as_text(client: Any) -> None:
    page = enter(client, "wrong password", '"><script>alert(1)</script>', next='/"><img src=x>').get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_the_page_speaks_french(client: Any) -> None:
    page = client.get("/login", base_url=HOST, headers={"Accept-Language": "fr"}).get_data(as_text=True)
    assert "Se connecter" in page
    assert '<html lang="fr">' in page
