"""Two minutes of the soak, settling among them: each fault comes at least once, in an order of the seed's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.faults import faults
from tests.soak.soak import Soak

_SECONDS = 70
_SEED = 1


@pytest.mark.timeout(400)
def test_whatever_breaks_every_sample_is_there_once_and_every_command_has_an_end(tmp_path: Path) -> None:
    said: list[str] = []
    with Soak(tmp_path, _SEED, said.append) as soak:
        table = faults(soak)
        found = soak.run(_SECONDS, table)  # AssertionError for a sample, a command or a file that is not as it must be
    broken, *_, commands, files = found
    assert not [name for name in table if f"{name} 0" in broken]
    assert commands.startswith("commands: ")
    assert files.startswith("files: sound")
    print("\n".join([*said, *found]))  # noqa: T201 - pytest shows it when it fails
