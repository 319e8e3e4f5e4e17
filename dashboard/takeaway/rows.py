"""The rows of a download, in batches that are asked for one after another while they are written.

`shown` gives the points of a chart, `raw` every reading of its range. How many rows there will be is known beforehand
from rollups, and cuts raw readings into stretches of time, each a question of its own: no answer is ever long, the
store is never held for long, and this program never has more than one stretch in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.series import Series
from dashboard.takeaway.choice import Choice
from telemetry.questions import metadata_of

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboard.context import Asks

#: About so many readings at a time: some megabytes, and well under a second for the store.
STRETCH_READINGS = 100_000
#: Counts are asked for in so many buckets.
_COUNT_POINTS = 2_000
#: Of a stretch, however crowded; more at one moment than this is no measurement.
_MOST_AT_ONCE = 10_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """What will be written: its columns, about how many rows, and the rows themselves."""

    schema: pa.Schema
    total: int
    batches: Iterator[pa.Table]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a series' range with about so many readings."""

    series: Series
    start_us: int
    end_us: int
    count: int


def shown(reader: Asks, choice: Choice) -> Rows:
    """The points as the chart has them: readings as they are, or buckets with mean, min, max and count."""
    import pyarrow as pa

    first = choice.series[0]
    answers = [reader.ask("buckets", **choice.question(first))]
    numbers = [(name, pa.float64()) for name in ("mean", "min", "max")]
    schema = pa.schema([*_heads(), *numbers, ("count", pa.int64())])

    def batches() -> Iterator[pa.Table]:
        yield _named(answers.pop(), first, schema)
        for series in choice.series[1:]:
            yield _named(reader.ask("buckets", **choice.question(series)), series, schema)

    return Rows(schema, answers[0].num_rows * len(choice.series), batches())


def raw(reader: Asks, choice: Choice) -> Rows:
    """Every reading of the range, by series and time; what has expired is not there any more."""
    import pyarrow as pa

    schema = pa.schema([*_heads(), ("value", pa.float64())])
    planned = [stretch for series in choice.series for stretch in plan(reader, series, choice.start_us, choice.end_us)]

    def batches() -> Iterator[pa.Table]:
        for stretch in planned:
            found = reader.ask(
                "readings",
                device=stretch.series.device,
                metric=stretch.series.metric,
                start_us=stretch.start_us,
                end_us=stretch.end_us,
                limit=_MOST_AT_ONCE,
            )
            yield _named(found, stretch.series, schema)

    return Rows(schema, sum(stretch.count for stretch in planned), batches())


#: File name → rows.
SOURCES: Mapping[str, Callable[[Asks, Choice], Rows]] = {"shown": shown, "raw": raw}


def plan(reader: Asks, series: Series, start_us: int, end_us: int) -> list[Stretch]:
    """[start, end) in stretches of about STRETCH_READINGS, without a hole between them."""
    counted = reader.ask(
        "buckets", device=series.device, metric=series.metric, start_us=start_us, end_us=end_us, points=_COUNT_POINTS
    )
    counts = counted.column("count").to_pylist()
    width = int(metadata_of(counted)["bucket_us"])
    if not width:
        return [Stretch(series, start_us, end_us, len(counts))]
    found: list[Stretch] = []
    begin, gathered = start_us, 0
    for t_us, count in zip(counted.column("t_us").to_pylist(), counts, strict=True):
        if gathered and gathered + count > STRETCH_READINGS:
            found.append(Stretch(series, begin, t_us, gathered))
            begin, gathered = t_us, 0
        if count > STRETCH_READINGS:
            parts = _divided(Stretch(series, t_us, min(t_us + width, end_us), count))
            # What lies between the bucket before and this one is empty, but late readings may fill it meanwhile.
            found += [Stretch(series, begin, parts[0].end_us, parts[0].count), *parts[1:]]
            begin = parts[-1].end_us
        else:
            gathered += count
    if begin < end_us:
        found.append(Stretch(series, begin, end_us, gathered))
    return found


def _divided(stretch: Stretch) -> list[Stretch]:
    """A crowded bucket in parts of equal length; readings inside are taken to be evenly spread."""
    parts = min(-(-stretch.count // STRETCH_READINGS), stretch.end_us - stretch.start_us)
    edges = [stretch.start_us + (stretch.end_us - stretch.start_us) * i // parts for i in range(parts + 1)]
    counts = [stretch.count * (i + 1) // parts - stretch.count * i // parts for i in range(parts)]
    return [
        Stretch(stretch.series, start, end, count) for start, end, count in zip(edges, edges[1:], counts, strict=False)
    ]


def _heads() -> list[tuple[str, Any]]:
    import pyarrow as pa

    word = pa.dictionary(pa.int32(), pa.string())
    return [("time", pa.timestamp("us", "UTC")), ("device", word), ("metric", word), ("unit", word)]


def _named(found: pa.Table, series: Series, schema: pa.Schema) -> pa.Table:
    """An answer as rows of the file: its moments as such, and whose they are."""
    import pyarrow as pa

    names = {"device": series.device, "metric": series.metric, "unit": series.unit}
    columns = [found.column("t_us").cast(pa.timestamp("us")).cast(schema.field("time").type)]
    columns += [_repeated(names[name], found.num_rows) for name in names]
    columns += [found.column(field.name) for field in list(schema)[len(columns) :]]
    return pa.Table.from_arrays(columns, schema=schema)


def _repeated(word: str | None, times: int) -> pa.Array:
    """A column that says the same on every row, in a few bytes a row."""
    import pyarrow as pa

    index = pa.nulls(times, pa.int32()) if word is None else pa.repeat(pa.scalar(0, pa.int32()), times)
    return pa.DictionaryArray.from_arrays(index, pa.array([word or ""], pa.string()))
