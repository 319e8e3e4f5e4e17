"""What holds for all tests: no example of a property test has a deadline, since a busy machine would miss it.

And their order: what takes long begins first, so that no processor waits at the end for one file.
"""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("lumos", deadline=None)
settings.load_profile("lumos")

#: Files and folders that take longest, in this order; all others follow as they are found.
_FIRST = (
    "soak",
    "browser",
    "end_to_end",
    "firmware/virtual_board",
    "ingest/test_chaos.py",
    "ingest/alerts",
    "ingest/storage",
    "ingest/schedules",
    "dashboard/access",
)
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path))


def _place(path: Path) -> int:
    name = path.relative_to(_HERE).as_posix()
    return next((place for place, first in enumerate(_FIRST) if name.startswith(first)), len(_FIRST))
