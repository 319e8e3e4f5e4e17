"""The rules as the store keeps them: made, changed, switched, deleted, each a version with who asked and when.

Nothing is overwritten: a rule is its versions, the last of which counts. Runs in the writer's thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb
from ulid import ULID

from ingest.storage.transactions import transact
from telemetry.alerts import Rule, from_json, read_rule
from telemetry.errors import ActionError
from telemetry.timestamps import now_us

_MOST_RULES = 10_000


@dataclass(frozen=True, slots=True)
class KeptRule:
    """The last version of a rule; `changed_us` is when it was made, changed or switched on."""

    rule_id: str
    version: int
    rule: Rule
    enabled: bool
    deleted: bool
    changed_us: int


class Rules:
    """The rules of a store."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def in_force(self) -> list[KeptRule]:
        """Those that are switched on, in the order in which they were made."""
        return [kept for kept in self._load() if kept.enabled]

    def make(self, said: Mapping[str, Any], by: str) -> str:
        """Keep a new rule; its id. Raises ActionError for what is none."""
        rule = read_rule(said)
        ((count,),) = self._connection.execute("SELECT count(DISTINCT rule_id) FROM alert_rules").fetchall()
        if count >= _MOST_RULES and len(self._load()) >= _MOST_RULES:
            raise ActionError(f"there are {_MOST_RULES:,} rules already: one for a metric or a tag watches many series")
        kept = KeptRule(str(ULID()), 1, rule, enabled=True, deleted=False, changed_us=0)
        self._keep(kept, by)
        return kept.rule_id

    def change(self, rule_id: str, said: Mapping[str, Any], by: str) -> None:
        """Have a rule say something else, as a whole: what is not said is as its kind has it."""
        before = self._last(rule_id)
        rule = read_rule(said)
        if rule != before.rule:
            self._keep(replace(before, version=before.version + 1, rule=rule), by)

    def switch(self, rule_id: str, *, enabled: bool, by: str) -> None:
        """Switch a rule off or on; switched off, it watches nothing."""
        before = self._last(rule_id)
        if before.enabled != enabled:
            self._keep(replace(before, version=before.version + 1, enabled=enabled), by)

    def delete(self, rule_id: str, by: str) -> None:
        """Give a rule up; what it found stays in the history."""
        before = self._last(rule_id)
        self._keep(replace(before, version=before.version + 1, deleted=True), by)

    def _last(self, rule_id: str) -> KeptRule:
        found = next((kept for kept in self._load() if kept.rule_id == rule_id), None)
        if found is None:
            raise ActionError(f"there is no alert rule '{rule_id[:64]}' (any more)")
        return found

    def _load(self) -> list[KeptRule]:
        rows = self._connection.execute(
            """
            SELECT rule_id, max(version), arg_max(rule, version), arg_max(enabled, version), arg_max(deleted, version),
                max(asked_us)
            FROM alert_rules GROUP BY rule_id ORDER BY min(asked_us), rule_id
            """
        ).fetchall()
        return [
            KeptRule(rule_id, version, from_json(rule), enabled, deleted, changed_us)
            for rule_id, version, rule, enabled, deleted, changed_us in rows
            if not deleted
        ]

    def _keep(self, kept: KeptRule, by: str) -> None:
        row: list[object] = [
            kept.rule_id, kept.version, kept.rule.device, kept.rule.to_json(), kept.enabled, kept.deleted, by[:200],
            now_us(),
        ]  # fmt: skip
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        transact(self._connection, (f"INSERT INTO alert_rules VALUES ({places})", row))
