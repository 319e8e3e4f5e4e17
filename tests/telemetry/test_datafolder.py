"""The data folder's rooms and their modes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.errors import BrokerError, DataFolderError
from telemetry.mqtt import make_client
from telemetry.settings import load


def test_secrets_are_for_this_user_alone_from_their_first_byte(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = DataFolder(tmp_path / "data")
        folder.ensure()
        folder.new_token(folder.read_token)
        folder.write_private(folder.read_token, "again")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.secrets.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.read_token.stat().st_mode) == 0o600
    assert folder.read_private(folder.read_token) == "again"
    assert [path.name for path in folder.secrets.iterdir()] == ["read.token"]
    assert folder.read_private(folder.action_token) is None


def test_a_place_where_no_folder_can_be_is_said_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError, match="--data-dir"):
        DataFolder(tmp_path / "file" / "data").ensure()


@pytest.mark.parametrize("flag", ["--mqtt-password-file", "--mqtt-tls-ca"])
def test_a_file_for_the_broker_that_is_not_there_is_named(flag: str, tmp_path: Path) -> None:
    words = ["--mqtt-host", "h", "--mqtt-username", "u", flag, str(tmp_path / "missing")]
    found = load(read_arguments(parser("test", ""), words), environment={}, folder=tmp_path)
    with pytest.raises(BrokerError, match=rf"{flag} .*missing cannot be"):
        make_client(found, "x")
