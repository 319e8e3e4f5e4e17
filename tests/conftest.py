"""What holds for all tests: no example of a property test has a deadline, since a busy machine would miss it.

And their order over three processes, of which each takes file after file (`--dist loadfile`): what takes longest first,
so that none waits at the end for one file, and what mostly waits beside what needs a processor. There are three for two
processors, since half of the time a test waits. A file stays together, since its tests share what is running.
"""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("lumos", deadline=None)
settings.load_profile("lumos")

#: Files and folders that take longest, in this order; all others follow as they are found. Of the browser's, which need
#: most of the two processors, there are hardly more than two at a time.
_FIRST = (
    "browser/test_devices_page",
    "soak",
    "browser/test_explore_page",
    "firmware/virtual_board",
    "browser/test_live_page",
    "end_to_end/test_lifecycle",
    "browser/test_elsewhere",
    "ingest/test_chaos",
    "browser/test_schedules_page",
    "end_to_end",
    "browser/test_system_page",
    "ingest/alerts",
    "browser/test_alerts_page",
    "ingest/storage",
    "browser",
    "ingest/schedules",
    "dashboard/access",
)
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(_name(item)))


def _name(item: pytest.Item) -> str:
    return item.path.relative_to(_HERE).as_posix()


def _place(name: str) -> int:
    return next((place for place, first in enumerate(_FIRST) if name.startswith(first)), len(_FIRST))
