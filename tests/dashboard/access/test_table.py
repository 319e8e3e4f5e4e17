"""Every route and every callback × everybody who may ask, built from the app's own lists: a new one cannot escape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.access.roles import CALLBACKS, ROUTES, Role, role_of_callback
from tests.dashboard.access.conftest import ASKERS

#: What stands in for the variable parts of a route.
_PARTS = {
    "<path:path>": "explore",
    "<path:filename>": "logo.svg",
    "<name>": "raw.csv",
    "<job>": "12345678",
    "<string:package_name>/<path:fingerprinted_path>": "dash/nothing.js",
}
_UPDATE = "/_dash-update-component"


def _role(asker: str) -> Role:
    return Role.of(asker.partition(" ")[2]) or Role.NOBODY


def _refused(response: Any) -> bool:
    return response.status_code in (401, 403)


def test_the_tables_are_those_of_the_app(dash_app: Any) -> None:
    routes = {rule.rule for rule in dash_app.server.url_map.iter_rules()}
    assert routes - set(ROUTES) == set()
    outputs = [output for output, entry in dash_app.callback_map.items() if "callback" in entry]
    assert outputs
    assert [output for output in outputs if role_of_callback(output) is None] == []


def test_the_tables_name_nothing_that_is_not_there(dash_app: Any) -> None:
    routes = {rule.rule for rule in dash_app.server.url_map.iter_rules()}
    assert set(ROUTES) - routes == set()
    first = {
        output.removeprefix("..").split("...")[0].removesuffix("..").partition("@")[0]
        for output in dash_app.callback_map
    }
    assert set(CALLBACKS) - first == set()


@pytest.mark.parametrize("asker", ASKERS)
def test_every_route(asker: str, dash_app: Any, ask_as: Callable[[str], Callable[..., Any]]) -> None:
    ask = ask_as(asker)
    for rule in dash_app.server.url_map.iter_rules():
        if rule.rule == _UPDATE:
            continue
        path = rule.rule
        for part, text in _PARTS.items():
            path = path.replace(part, text)
        assert "<" not in path, f"say in _PARTS what stands for the variable part of {path}"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule.rule in ("/login", "/logout") and method == "POST":
                continue  # their own tests
            response = ask(method, path)
            assert _refused(response) == (_role(asker) < ROUTES[rule.rule]), f"{method} {path}: {response.status}"


@pytest.mark.parametrize("asker", ASKERS)
def test_every_callback(asker: str, dash_app: Any, ask_as: Callable[[str], Callable[..., Any]]) -> None:
    ask = ask_as(asker)
    for output, entry in dash_app.callback_map.items():
        if "callback" not in entry:
            continue  # it runs in the browser
        response = ask("POST", _UPDATE, json=_body(output, entry))
        needed = role_of_callback(output)
        assert needed is not None
        assert _refused(response) == (_role(asker) < needed), f"{output}: {response.status}"


def _body(output: str, entry: Any) -> dict[str, Any]:
    """What the page sends for a callback, with nothing in it: it may fail, but only after it was let in."""
    inputs = [{"id": part["id"], "property": part["property"], "value": None} for part in entry["inputs"]]
    states = [{"id": part["id"], "property": part["property"], "value": None} for part in entry["state"]]
    return {"output": output, "outputs": [], "inputs": inputs, "state": states, "changedPropIds": []}


@pytest.mark.parametrize(
    "body",
    [
        None, [], "x", 7, {}, {"output": 3}, {"output": "nothing.children"}, {"output": ["view.data"]},
        {"output": "..pending.data...view.data.."}, {"output": ".."}, {"output": "pending.data@x"},
    ],
)  # fmt: skip
def test_a_malformed_callback_is_refused_with_a_sentence(
    body: Any, ask_as: Callable[[str], Callable[..., Any]]
) -> None:
    response = ask_as("session viewer")("POST", _UPDATE, json=body)
    assert response.status_code in (400, 403)
    assert response.get_json()["error"]


def test_a_viewer_cannot_command_under_another_callbacks_name(
    dash_app: Any, ask_as: Callable[[str], Callable[..., Any]], publisher: Any, actions: Any
) -> None:
    ask = ask_as("session viewer")
    commands = [output for output in dash_app.callback_map if "pending.data" in output]
    assert commands
    for output in commands:
        entry = dash_app.callback_map[output]
        disguised = {**_body(output, entry), "output": f"{output}...view.data.."}
        for body in (_body(output, entry), disguised):
            assert _refused(ask("POST", _UPDATE, json=body)) or ask("POST", _UPDATE, json=body).status_code == 400
    assert (publisher.sent, actions.called) == ([], [])


def test_no_answer_shows_a_stack_trace(dash_app: Any, ask_as: Callable[[str], Callable[..., Any]]) -> None:
    ask = ask_as("session admin")
    for output, entry in dash_app.callback_map.items():
        if "callback" in entry:
            text = ask("POST", _UPDATE, json={**_body(output, entry), "inputs": [{"id": "x"}]}).get_data(as_text=True)
            assert "Traceback" not in text
            assert ".py" not in text


def test_health_tells_a_stranger_the_status_alone(ask_as: Callable[[str], Callable[..., Any]]) -> None:
    assert ask_as("nobody")("GET", "/health").get_json() == {"status": "down"}
    assert "store" in ask_as("token viewer")("GET", "/health").get_json()
