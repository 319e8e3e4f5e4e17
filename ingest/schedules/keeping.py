"""The schedules as the store keeps them: made, changed, switched, deleted, each a version with who asked and when.

Nothing is overwritten: a schedule is its versions, the last of which counts. Whom it tells stands in a table of its
own, by device, so that a deleted device goes from it too. Runs in the writer's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb
from ulid import ULID

from ingest.catalog import Catalog
from ingest.storage.transactions import transact
from telemetry.errors import ActionError
from telemetry.schedules import Schedule, from_json, read_schedule

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """The last version of a schedule; `changed_us` is when it was made, changed or switched on."""

    schedule_id: str
    version: int
    schedule: Schedule
    enabled: bool
    deleted: bool
    changed_us: int


class Keeping:
    """The schedules of a store. `clock` is the host's, or a test's."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: Catalog, clock: Callable[[], int]) -> None:
        self._connection = connection
        self._catalog = catalog
        self._clock = clock

    def all(self) -> list[Kept]:
        """Those that were not deleted, in the order in which they were made."""
        rows = self._connection.execute(
            """
            WITH last AS (
                SELECT schedule_id, max(version) AS version, arg_max(definition, version) AS definition,
                    arg_max(enabled, version) AS enabled, arg_max(deleted, version) AS deleted,
                    arg_max(asked_us, version) AS changed_us, min(asked_us) AS made_us
                FROM schedules GROUP BY schedule_id
            ), told AS (
                SELECT schedule_id, version, list(device ORDER BY device) AS devices
                FROM schedule_targets JOIN devices USING (device_id) GROUP BY ALL
            )
            SELECT schedule_id, version, definition, coalesce(devices, []), enabled, changed_us
            FROM last LEFT JOIN told USING (schedule_id, version) WHERE NOT deleted ORDER BY made_us, schedule_id
            """
        ).fetchall()
        return [
            Kept(schedule_id, version, from_json(definition, tuple(devices)), enabled, False, changed_us)
            for schedule_id, version, definition, devices, enabled, changed_us in rows
        ]

    def find(self, schedule_id: str) -> Kept:
        """Raises ActionError for none."""
        found = next((kept for kept in self.all() if kept.schedule_id == schedule_id), None)
        if found is None:
            raise ActionError(f"there is no schedule '{schedule_id[:64]}' (any more)")
        return found

    def make(self, said: Mapping[str, Any], by: str) -> Kept:
        """Keep a new schedule. Raises ActionError for what is none."""
        schedule = read_schedule(said)
        if len(self.all()) >= MOST:
            raise ActionError(f"there are {MOST:,} schedules already: one for a tag tells many devices")
        return self._keep(Kept(str(ULID()), 1, schedule, enabled=True, deleted=False, changed_us=0), by)

    def change(self, schedule_id: str, said: Mapping[str, Any], by: str) -> Kept:
        """Have a schedule say something else, as a whole."""
        before, schedule = self.find(schedule_id), read_schedule(said)
        if schedule == before.schedule:
            return before
        return self._keep(replace(before, version=before.version + 1, schedule=schedule), by)

    def switch(self, schedule_id: str, *, enabled: bool, by: str) -> Kept:
        """Switch it off or on; switched off, it does nothing and misses nothing."""
        before = self.find(schedule_id)
        if before.enabled == enabled:
            return before
        return self._keep(replace(before, version=before.version + 1, enabled=enabled), by)

    def delete(self, schedule_id: str, by: str) -> None:
        """Give it up; its runs stay in the history."""
        before = self.find(schedule_id)
        self._keep(replace(before, version=before.version + 1, deleted=True), by)

    def _keep(self, kept: Kept, by: str) -> Kept:
        ids = [self._known(device) for device in kept.schedule.devices]
        kept = replace(kept, changed_us=self._clock())
        row: list[object] = [
            kept.schedule_id, kept.version, kept.schedule.to_json(), kept.enabled, kept.deleted, by[:200],
            kept.changed_us,
        ]  # fmt: skip
        transact(
            self._connection,
            ("INSERT INTO schedules VALUES ($1, $2, $3, $4, $5, $6, $7)", row),
            ("INSERT INTO schedule_targets SELECT $1, $2, unnest($3::INTEGER[])",
             [kept.schedule_id, kept.version, ids]),
        )  # fmt: skip
        return kept

    def _known(self, device: str) -> int:
        device_id = self._catalog.find_device(device)
        if device_id is None:
            raise ActionError(f"no device '{device[:64]}' has been heard of: it must report once first")
        return device_id
