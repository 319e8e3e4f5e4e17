"""The tables of the store, their version, and the steps from one version to the next.

The questions in `telemetry.questions` read these tables; only ingest creates or changes them. A migration is a row of
MIGRATIONS and is never edited once released: the next change is a new row.

No table that is written all the time has an index, a primary key or a unique constraint (docs/architecture.md, D2):
DuckDB's zone maps serve, and each of these tables is only appended to, or emptied whole.
"""

from __future__ import annotations

import duckdb

from telemetry.errors import SchemaError

#: `tail` holds the newest readings in order of arrival; a fold moves them, sorted by series and time, to `readings`,
#: and adds their aggregates to `rollup_minute` (since version 2 `live_readings` and `live_minutes`), in one
#: transaction. So a reading is in exactly one of the two, the rollups cover exactly the folded ones, and a minute may
#: have several rows there, which merge (count, sums, min, max…).
#: `arrivals` remembers which numbers of each boot have been stored, or were reported as dropped by the board: what
#: makes redelivery harmless and loss countable. It has a tail too, whose rows a fold joins into longer intervals.
_VERSION_1 = """
    CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL);

    CREATE TABLE devices (
        device_id INTEGER NOT NULL, device VARCHAR NOT NULL, name VARCHAR, place VARCHAR, first_seen_us BIGINT NOT NULL
    );
    CREATE TABLE series (
        series_id INTEGER NOT NULL, device_id INTEGER NOT NULL, metric VARCHAR NOT NULL,
        unit VARCHAR, label VARCHAR, low DOUBLE, high DOUBLE, created_us BIGINT NOT NULL
    );

    CREATE TABLE tail (
        t_us BIGINT NOT NULL, series_id INTEGER NOT NULL, value DOUBLE NOT NULL, flags UTINYINT NOT NULL
    );
    CREATE TABLE readings (
        t_us BIGINT NOT NULL, series_id INTEGER NOT NULL, value DOUBLE NOT NULL, flags UTINYINT NOT NULL
    );
    CREATE TABLE rollup_minute (
        bucket_us BIGINT NOT NULL, series_id INTEGER NOT NULL, count BIGINT NOT NULL,
        sum DOUBLE NOT NULL, sum_squares DOUBLE NOT NULL, min DOUBLE NOT NULL, max DOUBLE NOT NULL,
        first_us BIGINT NOT NULL, first DOUBLE NOT NULL, last_us BIGINT NOT NULL, last DOUBLE NOT NULL
    );
    CREATE TABLE arrivals_tail (
        device_id INTEGER NOT NULL, boot VARCHAR NOT NULL, seq_from BIGINT NOT NULL, seq_to BIGINT NOT NULL,
        t_from_us BIGINT NOT NULL, t_to_us BIGINT NOT NULL, arrived_us BIGINT NOT NULL, dropped BOOLEAN NOT NULL
    );
    CREATE TABLE arrivals AS FROM arrivals_tail;

    CREATE TABLE statuses (
        device_id INTEGER NOT NULL, status_us BIGINT NOT NULL, online BOOLEAN NOT NULL, status VARCHAR NOT NULL
    );
    CREATE TABLE commands (
        command_id VARCHAR NOT NULL, device_id INTEGER NOT NULL, cmd VARCHAR NOT NULL, value VARCHAR NOT NULL,
        asked_by VARCHAR NOT NULL, asked_us BIGINT NOT NULL
    );
    CREATE TABLE command_states (
        command_id VARCHAR NOT NULL, state_us BIGINT NOT NULL, state VARCHAR NOT NULL, detail VARCHAR
    );
    CREATE TABLE events (
        device_id INTEGER NOT NULL, event_us BIGINT NOT NULL, boot VARCHAR, n BIGINT,
        event VARCHAR NOT NULL, value VARCHAR
    );
    CREATE TABLE changes (
        changed_us BIGINT NOT NULL, asked_by VARCHAR NOT NULL, action VARCHAR NOT NULL, arguments VARCHAR NOT NULL
    );
    CREATE TABLE quarantine (
        arrived_us BIGINT NOT NULL, topic VARCHAR NOT NULL, reason VARCHAR NOT NULL,
        payload BLOB NOT NULL, length BIGINT NOT NULL
    );
"""

#: Closed days leave the live tables for files (`ingest.storage`): `segments` says which file holds which day of which
#: level, and is the only truth about that; what no row names is swept away. The wider rollups and the sketch hold
#: closed days alone, so a reading counts in exactly one place: `tail`, the live tables, or the closed days.
#: `horizons` says from when on a series still has a level, `retention` how long it is to be kept (series null: each).
_VERSION_2 = """
    ALTER TABLE readings RENAME TO live_readings;
    ALTER TABLE rollup_minute RENAME TO live_minutes;

    CREATE TABLE segments (
        day INTEGER NOT NULL, level VARCHAR NOT NULL, file VARCHAR NOT NULL,
        rows BIGINT NOT NULL, bytes BIGINT NOT NULL, made_us BIGINT NOT NULL
    );
    CREATE TABLE rollup_quarter AS FROM live_minutes LIMIT 0;
    CREATE TABLE rollup_hour AS FROM live_minutes LIMIT 0;
    CREATE TABLE rollup_day AS FROM live_minutes LIMIT 0;
    CREATE TABLE sketch (
        bucket_us BIGINT NOT NULL, series_id INTEGER NOT NULL, bin INTEGER NOT NULL, count INTEGER NOT NULL
    );
    CREATE TABLE horizons (series_id INTEGER NOT NULL, level VARCHAR NOT NULL, from_us BIGINT NOT NULL);
    CREATE TABLE retention (
        series_id INTEGER, level VARCHAR NOT NULL, keep_us BIGINT NOT NULL,
        asked_by VARCHAR NOT NULL, changed_us BIGINT NOT NULL
    );
    CREATE TABLE corrections (
        correction_id INTEGER NOT NULL, series_id INTEGER NOT NULL, kind VARCHAR NOT NULL,
        from_us BIGINT NOT NULL, to_us BIGINT NOT NULL, low DOUBLE, high DOUBLE, factor DOUBLE, shift DOUBLE,
        note VARCHAR, asked_by VARCHAR NOT NULL, made_us BIGINT NOT NULL, undone_by VARCHAR, undone_us BIGINT
    );
    CREATE TABLE runtime_settings (
        key VARCHAR NOT NULL, value VARCHAR NOT NULL, asked_by VARCHAR NOT NULL, changed_us BIGINT NOT NULL
    );
"""

#: What people write on a moment (both ends the same) or a span, of one series or (series null) of a whole device. Each
#: row is a version of a note; the last one counts, and none is ever changed or taken away: `deleted` is a version too.
_NOTES = """
    CREATE TABLE notes (
        note_id VARCHAR NOT NULL, version INTEGER NOT NULL, device_id INTEGER NOT NULL, series_id INTEGER,
        from_us BIGINT NOT NULL, to_us BIGINT NOT NULL, text VARCHAR NOT NULL, deleted BOOLEAN NOT NULL,
        asked_by VARCHAR NOT NULL, asked_us BIGINT NOT NULL
    );
"""

#: What people say of devices and series, beside what boards say of themselves (`devices`, `series`), which it covers.
#: `merges` is the log of which board was replaced by which, `replacements` what follows from it now: under which device
#: another one is shown. Questions join `shown_devices` and `shown_series`, so that a merged device is one everywhere.
#: `deletions` holds the ids of deleted devices: none is ever given again, and what is not done goes on after a crash.
_DEVICES = """
    CREATE TABLE device_traits (
        device_id INTEGER NOT NULL, tags VARCHAR[] NOT NULL, notes VARCHAR, colour VARCHAR, hidden BOOLEAN NOT NULL
    );
    CREATE TABLE series_traits (
        series_id INTEGER NOT NULL, label VARCHAR, unit VARCHAR, low DOUBLE, high DOUBLE, decimals TINYINT
    );
    CREATE TABLE merges (
        device_id INTEGER NOT NULL, into_id INTEGER NOT NULL, asked_by VARCHAR NOT NULL, merged_us BIGINT NOT NULL,
        undone_by VARCHAR, undone_us BIGINT
    );
    CREATE TABLE replacements (device_id INTEGER NOT NULL, shown_id INTEGER NOT NULL);
    CREATE TABLE deletions (
        device_id INTEGER NOT NULL, device VARCHAR NOT NULL, series_ids INTEGER[] NOT NULL,
        asked_by VARCHAR NOT NULL, asked_us BIGINT NOT NULL, done_us BIGINT, scrubbed_us BIGINT
    );
    CREATE VIEW shown_devices AS
        SELECT own.device_id, own.device AS own_name, shown.device_id AS shown_id, shown.device, shown.name, shown.place
        FROM devices AS own LEFT JOIN replacements USING (device_id)
            JOIN devices AS shown ON shown.device_id = coalesce(replacements.shown_id, own.device_id);
    CREATE VIEW shown_series AS
        SELECT series_id, shown_id AS device_id, device, metric, coalesce(said.label, series.label) AS label,
            coalesce(said.unit, series.unit) AS unit, coalesce(said.low, series.low) AS low,
            coalesce(said.high, series.high) AS high, decimals, series.device_id = shown_id AS is_own
        FROM series JOIN shown_devices USING (device_id) LEFT JOIN series_traits AS said USING (series_id);
"""

#: The loss ledger: `late` is a number that was known to be missing when it arrived. `boots` holds what else is known of
#: a boot: its last number, told by the board after its next start, and whether the device was first heard of in the
#: middle of it, so that nothing is missing before its lowest number.
#: `unacknowledged`: of the newest messages without numbers, those whose acknowledgement the broker may not have heard
#: of (`ingest.numbering.unacknowledged`). `delivery` counts messages; a row with `mid_before` replaces that one.
_LEDGER = """
    ALTER TABLE arrivals ADD COLUMN late BOOLEAN DEFAULT false;
    ALTER TABLE arrivals_tail ADD COLUMN late BOOLEAN DEFAULT false;
    CREATE TABLE boots (
        device_id INTEGER NOT NULL, boot VARCHAR NOT NULL, said_us BIGINT NOT NULL, last_seq BIGINT,
        joined_midway BOOLEAN NOT NULL
    );
    INSERT INTO boots
        SELECT device_id, arg_min(boot, arrived_us), min(arrived_us), NULL, true
        FROM (FROM arrivals UNION ALL FROM arrivals_tail) GROUP BY device_id;
    CREATE TABLE unacknowledged (
        message_hash UBIGINT NOT NULL, mid INTEGER NOT NULL, mid_before INTEGER, delivery BIGINT NOT NULL,
        stored_us BIGINT NOT NULL
    );
"""

#: What others' devices announce (`ingest.sources.keeping`): the configurations as they came, so that they are
#: understood again at the next start; devices' own names; what takes commands, with the topic its convention names.
_SOURCES = """
    CREATE TABLE announcements (
        source VARCHAR NOT NULL, topic VARCHAR NOT NULL, payload BLOB NOT NULL, announced_us BIGINT NOT NULL
    );
    CREATE TABLE announced_devices (
        device_id INTEGER NOT NULL, source VARCHAR NOT NULL, name VARCHAR, model VARCHAR
    );
    CREATE TABLE controls (
        device_id INTEGER NOT NULL, announced_by VARCHAR NOT NULL, place INTEGER NOT NULL, control VARCHAR NOT NULL,
        kind VARCHAR NOT NULL, topic VARCHAR NOT NULL, metric VARCHAR NOT NULL, label VARCHAR, unit VARCHAR,
        on_payload VARCHAR NOT NULL, off_payload VARCHAR NOT NULL, low DOUBLE, high DOUBLE, step DOUBLE,
        options VARCHAR NOT NULL, json_key VARCHAR NOT NULL
    );
"""

#: How the rollups of a series were scaled at the time when the raw readings that they were made of expired.
_EXPIRED_SCALINGS = """
    CREATE TABLE expired_scalings (
        series_id INTEGER NOT NULL, from_us BIGINT NOT NULL, to_us BIGINT NOT NULL,
        factor DOUBLE NOT NULL, shift DOUBLE NOT NULL
    );
"""

#: An entry that is whole can be tried again (`ingest.decoding.replay`).
_REPLAY = """
    ALTER TABLE quarantine ADD COLUMN replayable BOOLEAN;
    UPDATE quarantine SET replayable = octet_length(payload) = length;
"""

#: Rules (`telemetry.alerts`), each row a version of which the last counts; episodes, one for each time that a rule
#: tripped, with the device and the metric as they were shown then; and the messages about them, one for each channel,
#: until they are sent or given up. `told` is false while it is open whether an episode is news or a board's past.
#: These are few and seldom written, so rows are changed in place.
_ALERTS = """
    CREATE TABLE alert_rules (
        rule_id VARCHAR NOT NULL, version INTEGER NOT NULL, device VARCHAR, rule VARCHAR NOT NULL,
        enabled BOOLEAN NOT NULL, deleted BOOLEAN NOT NULL, asked_by VARCHAR NOT NULL, asked_us BIGINT NOT NULL
    );
    CREATE TABLE alert_episodes (
        episode_id VARCHAR NOT NULL, rule_id VARCHAR NOT NULL, device VARCHAR NOT NULL, metric VARCHAR,
        series_id INTEGER, severity VARCHAR NOT NULL, rule VARCHAR NOT NULL, began_us BIGINT NOT NULL,
        opened_us BIGINT NOT NULL, value DOUBLE NOT NULL, peak DOUBLE NOT NULL, peak_us BIGINT NOT NULL,
        ended_us BIGINT, ended_by VARCHAR, told BOOLEAN NOT NULL, acknowledged_by VARCHAR, acknowledged_us BIGINT,
        note VARCHAR
    );
    CREATE TABLE alert_messages (
        message_id VARCHAR NOT NULL, channel_id VARCHAR NOT NULL, episode_id VARCHAR NOT NULL, what VARCHAR NOT NULL,
        queued_us BIGINT NOT NULL, due_us BIGINT NOT NULL, attempts INTEGER NOT NULL, sent_us BIGINT,
        given_up_us BIGINT, error VARCHAR
    );
"""

#: Schedules (`telemetry.schedules`), each row a version of which the last counts; whom each version tells; and runs.
#: A run that was missed has no `ran_us`, and stands for `count` of them, from `first_us` to `due_us`. Few and seldom
#: written.
_SCHEDULES = """
    CREATE TABLE schedules (
        schedule_id VARCHAR NOT NULL, version INTEGER NOT NULL, definition VARCHAR NOT NULL, enabled BOOLEAN NOT NULL,
        deleted BOOLEAN NOT NULL, asked_by VARCHAR NOT NULL, asked_us BIGINT NOT NULL
    );
    CREATE TABLE schedule_targets (schedule_id VARCHAR NOT NULL, version INTEGER NOT NULL, device_id INTEGER NOT NULL);
    CREATE TABLE schedule_runs (
        schedule_id VARCHAR NOT NULL, first_us BIGINT NOT NULL, due_us BIGINT NOT NULL, count INTEGER NOT NULL,
        ran_us BIGINT, asked_by VARCHAR, unconfirmed INTEGER NOT NULL, problem VARCHAR
    );
    CREATE TABLE schedule_commands (schedule_id VARCHAR NOT NULL, due_us BIGINT NOT NULL, command_id VARCHAR NOT NULL);
"""

#: Row n takes a database from version n to version n + 1.
MIGRATIONS: tuple[str, ...] = (
    _VERSION_1, _VERSION_2, _NOTES, _DEVICES, _LEDGER, _SOURCES, _EXPIRED_SCALINGS, _REPLAY,
    _ALERTS, _SCHEDULES,
)  # fmt: skip


def migrate(connection: duckdb.DuckDBPyConnection, target: int = len(MIGRATIONS)) -> tuple[int, int]:
    """Bring the database to the newest version (tests: to `target`); `(version before, version now)`.

    Each step is one transaction, so a crash leaves the version before or after it. Raises SchemaError for a database
    that a newer Lumos wrote, or one that is not ours.
    """
    before = version(connection)
    if before > len(MIGRATIONS):
        raise SchemaError(
            f"the database has schema version {before}, this Lumos knows up to {len(MIGRATIONS)}: install the newer one"
        )
    for number in range(before, target):
        connection.execute("BEGIN")
        connection.execute(MIGRATIONS[number])
        connection.execute("DELETE FROM meta WHERE key = 'schema'")
        connection.execute("INSERT INTO meta VALUES ('schema', $1)", [str(number + 1)])
        connection.execute("COMMIT")
    return before, max(before, target)


def version(connection: duckdb.DuckDBPyConnection) -> int:
    """The schema version of the database, 0 for an empty one. Raises SchemaError for one that is not ours."""
    tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        return 0
    rows = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchall() if "meta" in tables else []
    if not rows:
        raise SchemaError("the database file holds tables of something else: choose another folder with --data-dir")
    return int(rows[0][0])
