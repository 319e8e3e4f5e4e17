"""Sources: what messages of this project's boards and of others' devices say, each convention in a module of its own.

`table` holds the rows in force and is what the writer asks; `telemetry.sources` says which topics each has.
"""
