"""The configuration that the embedded broker is started with, by the broker's own check."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from launcher import embedded_broker
from launcher.embedded_broker import Access
from telemetry.broker_users import BrokerUsers
from telemetry.datafolder import DataFolder
from telemetry.topics import Topics


@pytest.mark.parametrize("access", Access)
def test_it_is_one_and_has_what_was_acknowledged_on_the_disk_within_a_second(access: Access, tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.ensure()
    command = embedded_broker.command(folder, BrokerUsers(folder, Topics("esp32")), "127.0.0.1", 1_883, access)
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    text = Path(command[-1]).read_text()
    (jetstream,) = re.findall(r"^jetstream \{(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    assert 'sync_interval: "1s"' in jetstream
