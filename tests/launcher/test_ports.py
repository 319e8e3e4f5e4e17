"""Which port is taken when the wished one is not free."""

import socket

import pytest

from launcher.ports import any_free, choose, is_free
from telemetry.errors import PortTakenError


@pytest.fixture
def taken() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_free_port_is_taken_without_a_word() -> None:
    port = any_free("127.0.0.1")
    assert choose("127.0.0.1", port, "broker", "--mqtt-port", explicit=False) == (port, None)


def test_a_taken_default_is_replaced_and_said(taken: int) -> None:
    port, note = choose("127.0.0.1", taken, "broker", "--mqtt-port", explicit=False)
    assert port != taken
    assert is_free("127.0.0.1", port)
    assert note == f"port {taken} is in use by something else, so the broker listens on {port}"


def test_a_port_given_explicitly_and_taken_is_refused_with_the_remedy(taken: int) -> None:
    with pytest.raises(PortTakenError, match=rf"port {taken} .* in use .* choose another with --port"):
        choose("127.0.0.1", taken, "dashboard", "--port", explicit=True)
