"""What a long-running program leaves out stays out, and nothing misses it."""

from __future__ import annotations

import subprocess
import sys

_USE = """
import sys
from telemetry.lean import leave_pandas_out
leave_pandas_out()
import duckdb, pyarrow as pa
from plotly.io.json import to_json_plotly
assert pa.Table.from_pylist([{"a": 1}], pa.schema([("a", pa.int64())])).to_pylist() == [{"a": 1}]
assert pa.array([1, 2]).to_pylist() == [1, 2]
assert duckdb.connect().sql("SELECT $1 AS n", params=[5]).to_arrow_table().to_pylist() == [{"n": 5}]
assert to_json_plotly({"a": [1, None, "x"]}) == '{"a":[1,null,"x"]}'
print("pandas" in sys.modules)
"""


def test_pandas_is_not_loaded_by_what_only_might_use_it() -> None:
    done = subprocess.run([sys.executable, "-c", _USE], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr


_FREE = """
import platform, psutil
from telemetry.lean import give_back
rss = lambda: psutil.Process().memory_info().rss / 1e6
# Larger than Python keeps by itself, smaller than what glibc maps by itself; the last one stays, above the others.
held = [bytes(60_000) for _ in range(2_000)]
pinned = held[-1]
del held
before = rss()
give_back()
print(platform.libc_ver()[0] != "glibc" or before - rss() > 50)
"""


def test_memory_that_was_needed_for_a_moment_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _FREE], capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr
