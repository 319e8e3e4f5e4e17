"""Leaves nothing of deleted rows in the database file: DuckDB marks them, and what it frees keeps its bytes.

Two places hold them: blocks that it frees (or shares between small tables), and the small blocks of its own metadata,
whose statistics quote the lowest and highest values. So every table is written anew and both kinds of free space are
filled with noise. Of the metadata, DuckDB 2.0 knows what is free only once it has opened the file again: filling that
belongs to the next start. It all happens beside the writer, which only ever appends; a conflict with a change of a row
is for the caller to retry.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

import duckdb

from ingest.storage.transactions import transaction

_NOISE = "scrubbing_noise"
_METADATA_BLOCK_BYTES = 4_096
#: What a checkpoint frees can be written from the next one on, so one round is not enough.
_ROUNDS = 3
#: The writer's transactions take milliseconds; a question that takes long holds a checkpoint up as well.
_CHECKPOINT_ATTEMPTS = 200
_PAUSE_SECONDS = 0.05


def rewrite_all(cursor: duckdb.DuckDBPyConnection, without: Mapping[str, str]) -> None:
    """Write every table anew; rows that meet its condition in `without` (SQL by table) stay away."""
    # Rows that are only in memory would be written to the file beside their successors.
    checkpoint(cursor)
    names = [row[0] for row in cursor.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()]
    for table in sorted(names, key=lambda name: list(without).index(name) if name in without else -1):
        _rewrite(cursor, table, without.get(table, "false"))


def _rewrite(cursor: duckdb.DuckDBPyConnection, table: str, without: str) -> None:
    with transaction(cursor):
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM {table} WHERE ({without}) IS NOT TRUE")
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute(f"INSERT INTO {table} SELECT * FROM kept")
        cursor.execute("DROP TABLE kept")


def overwrite_free_space(cursor: duckdb.DuckDBPyConnection) -> None:
    """Fill what the file has free with noise, and give it back."""
    clean_up(cursor)
    checkpoint(cursor)
    ((blocks, size),) = cursor.execute("SELECT free_blocks, block_size FROM pragma_database_size()").fetchall()
    cursor.execute(f"CREATE TABLE {_NOISE} AS SELECT hash(i) AS noise FROM range({blocks * size // 8}) r(i)")
    for _ in range(_ROUNDS):
        ((free,),) = cursor.execute("SELECT coalesce(sum(free_blocks), 0) FROM pragma_metadata_info()").fetchall()
        # A comment lies in the metadata; this one is as long as what is free there, and a little longer.
        words = secrets.token_hex((int(free) + 2) * _METADATA_BLOCK_BYTES // 2)
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {_NOISE} (noise UBIGINT)")
        cursor.execute(f"COMMENT ON TABLE {_NOISE} IS '{words}'")
        checkpoint(cursor)
        clean_up(cursor)
        checkpoint(cursor)


def checkpoint(cursor: duckdb.DuckDBPyConnection) -> None:
    """Have the file take over what is in its log, as soon as no transaction is under way."""
    for _ in range(_CHECKPOINT_ATTEMPTS):
        try:
            cursor.execute("CHECKPOINT")
        except duckdb.TransactionException:
            time.sleep(_PAUSE_SECONDS)
        else:
            return
    cursor.execute("CHECKPOINT")


def clean_up(cursor: duckdb.DuckDBPyConnection) -> None:
    """Take away what a crash in the middle may have left."""
    cursor.execute(f"DROP TABLE IF EXISTS {_NOISE}")
