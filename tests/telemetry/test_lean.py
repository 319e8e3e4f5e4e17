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
