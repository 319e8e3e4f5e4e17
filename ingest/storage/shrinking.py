"""Gives the file system back what was freed in the database file: what lies at the file's end moves to its free places.

DuckDB cuts off what is free at the end of the file when it checkpoints, and reuses the rest. So the table that holds
the last blocks is written anew, in its own order: the copy goes to the first free places, and the end is free. Each
step is a transaction and a checkpoint, so a crash leaves the step before or after it. While somebody reads for long,
DuckDB keeps what that reader may still want, and the next night does the rest. Where it keeps its own notes nobody can
choose: what lies before those comes back at the next start, which writes the whole file anew.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from ingest.storage.scrubbing import checkpoint
from ingest.storage.transactions import transaction

#: Less than this in free blocks is not worth writing anything anew: the coming weeks use it.
WORTH_BYTES = 16_000_000


def is_mostly_free(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file would be less than half as large without what was freed in it."""
    ((size, total, free),) = cursor.execute(
        "SELECT block_size, total_blocks, free_blocks FROM pragma_database_size()"
    ).fetchall()
    return bool(free * size > WORTH_BYTES and free * 2 > total)


def move_last(cursor: duckdb.DuckDBPyConnection, moved: Collection[str] = ()) -> str | None:
    """Write the table that holds the file's last blocks anew, nearer to its beginning; its name.

    None where there is nothing to be won: that table was `moved` already, or DuckDB's own notes lie last.
    Under the keeper's lock, beside the writer's appends. A conflict with a change of a row raises a
    duckdb.TransactionException, and nothing is done. There must be as much free as that table takes.
    """
    rows = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
    lying: list[tuple[int, str]] = [(_last_block(cursor, table), table) for (table,) in rows]
    ((notes,),) = cursor.execute("SELECT coalesce(max(block_id), -1) FROM pragma_metadata_info()").fetchall()
    block, table = max(lying)
    if block < notes or table in moved:
        return None
    ((last,),) = cursor.execute(f'SELECT coalesce(max(rowid), -1) FROM "{table}"').fetchall()
    with transaction(cursor):
        cursor.execute(f'INSERT INTO "{table}" SELECT * FROM "{table}" WHERE rowid <= {last}')
        cursor.execute(f'DELETE FROM "{table}" WHERE rowid <= {last}')
    checkpoint(cursor)
    return table


def _last_block(cursor: duckdb.DuckDBPyConnection, table: str) -> int:
    ((block,),) = cursor.execute(
        f"""
        SELECT coalesce(max(greatest(block_id, coalesce(list_max(additional_block_ids), -1))), -1)
        FROM pragma_storage_info('{table}')
        """
    ).fetchall()
    return int(block)
