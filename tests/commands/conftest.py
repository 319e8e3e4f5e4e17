"""A broker, an ingest, a desk of boards and the dashboard's commander, shared by the tests of a module."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.app import create_app
from dashboard.commands.commanding import Commander, Dispatch
from dashboard.commands.publishing import Publisher
from telemetry.command_line import parser, read_arguments
from telemetry.questions import commanded
from telemetry.reader import Actions, Reader
from telemetry.settings import Settings, load
from tests.harness.boards import Desk, DeskBoard, boards
from tests.harness.ingest import RunningIngest, running_ingest
from tests.harness.processes import free_port, mosquitto
from tests.harness.waiting import until

#: Shorter than the 5 s that people wait, so that the tests need not.
TIMEOUT_SECONDS = 0.5


class Room:
    """The parts, and what tests do with them."""

    def __init__(self, settings: Settings, ingest: RunningIngest, desk: Desk) -> None:
        self.settings, self.ingest, self.desk = settings, ingest, desk
        self.publisher = Publisher(settings)
        self.reader = Reader(ingest.folder, 20)
        self.commander = Commander(settings, self.publisher, Actions(ingest.folder, 20))
        self.port = settings.mqtt_port
        # The dashboard itself, for those that ask it over HTTP; it starts the publisher.
        self.app = create_app(settings, reader=self.reader, commander=self.commander)
        until(self.publisher._client.is_connected, "the dashboard at the broker")

    def tell(self, board: DeskBoard, cmd: str, value: Any, **more: Any) -> Dispatch:
        return self.commander.send(board.name, cmd, value, **{"by": "ada", "silent": False, **more})

    def row(self, dispatch: Dispatch) -> dict[str, Any]:
        rows = self.reader.ask("commands", command_id=dispatch.command_id).to_pylist()
        return rows[0] if rows else {"state": None}

    def wait(self, dispatch: Dispatch, state: str) -> dict[str, Any]:
        """The command's row, once it stands so."""
        return until(
            lambda: row if (row := self.row(dispatch))["state"] == state else None, f"'{state}' for {dispatch}"
        )

    def states(self, dispatch: Dispatch) -> list[str]:
        """All the states that were recorded, in their order."""
        statement = "SELECT state FROM command_states WHERE command_id = $1 ORDER BY state_us"
        return [row["state"] for row in self.reader.sql(statement, [dispatch.command_id]).to_pylist()]

    def wait_for_device(self, board: DeskBoard, *, online: bool) -> None:
        """Until ingest knows how a board stands."""

        def stands() -> bool:
            rows = self.reader.ask("devices").to_pylist()
            return any(row["device"] == board.name and row["online"] is online for row in rows)

        until(stands, f"{board.name} online: {online}")

    @contextlib.contextmanager
    def dashboard_cut_off(self) -> Iterator[None]:
        """The dashboard without its connection to the broker."""
        self.publisher.stop()
        try:
            yield
        finally:
            self.publisher.start()
            until(self.publisher._client.is_connected, "the dashboard at the broker")

    def silent_board(self, name: str) -> DeskBoard:
        """A board that was there and is gone."""
        board = self.desk.board(name)
        self.wait_for_device(board, online=True)
        board.die()
        self.wait_for_device(board, online=False)
        return board


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("commands")) as made:
        yield made


@contextlib.contextmanager
def a_room(folder: Path, *flags: str) -> Iterator[Room]:
    """A room whose settings say more."""
    port = free_port()
    words = ["--data-dir", str(folder / "data"), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port), *flags]
    settings = load(read_arguments(parser("test", ""), words), environment={}, folder=folder)
    with (
        pytest.MonkeyPatch.context() as patch,
        mosquitto(folder / "mosquitto", port),
        running_ingest(settings) as ingest,
        boards(port) as desk,
    ):
        patch.setattr(commanded, "ACK_TIMEOUT_SECONDS", TIMEOUT_SECONDS)
        made = Room(settings, ingest, desk)
        yield made
        made.publisher.stop()
