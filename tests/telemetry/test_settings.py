"""Settings: which source is stronger, what each value may be, and what is said when one will not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from telemetry.command_line import parser, read_arguments
from telemetry.errors import SettingError
from telemetry.settings import Settings, load, rows


def settings(folder: Path, *flags: str, **environment: str) -> Settings:
    return load(read_arguments(parser("lumos", ""), list(flags)), environment=environment, folder=folder)


def test_flag_over_variable_over_file_over_default(tmp_path: Path) -> None:
    assert settings(tmp_path).port == 8050
    (tmp_path / "lumos.toml").write_text('port = 1\ntopic-root = "lab"\n')
    assert settings(tmp_path).port == 1
    assert settings(tmp_path, LUMOS_PORT="2").port == 2
    found = settings(tmp_path, "--port", "3", LUMOS_PORT="2")
    assert (found.port, found.topic_root) == (3, "lab")
    assert found.origins["port"] == "--port"
    assert found.given == {"port", "topic_root"}


def test_the_working_folders_file_comes_before_the_data_folders(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lumos.toml").write_text("port = 5\n")
    assert settings(tmp_path, "--data-dir", str(tmp_path / "data")).port == 5
    (tmp_path / "lumos.toml").write_text("port = 6\n")
    assert settings(tmp_path, "--data-dir", str(tmp_path / "data")).port == 6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", "'prot' is no setting; did you mean 'port'"),
        ('port = "x"', "port: 'x' is not a whole number from 1 to 65535"),
        ("port = [1]", "port takes"),
        ("port = ", "cannot be read"),
        ("retention-raw = true", "'True' is not a duration such as 400d"),
    ],
)
def test_a_wrong_file_names_itself_the_key_and_the_nearest(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "lumos.toml").write_text(text)
    with pytest.raises(SettingError) as refused:
        settings(tmp_path)
    assert words in str(refused.value).replace(": did", "; did")
    assert "lumos.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--prot", "1"), "--prot is no flag of lumos"),
        (("--port", "0"), "--port: '0' is not a whole number from 1 to 65535"),
        (("--port", "٣"), "is not a whole number"),
        (("--retention-raw", "400"), "is not a duration"),
        (("--queue-limit", "0MB"), "is not a size"),
        (("--timezone", "Europe/Pari"), "did you mean 'Europe/Paris'"),
        (("--topic-root", "a/#"), "is not a topic without wildcards"),
        (("--topic-root", "$SYS"), "is not a topic"),
        (("--broker", "mine"), "is not one of embedded, external"),
        (("--lan", "maybe"), "is not yes or no"),
        (("--base-path", "lumos"), "is not a path such as"),
        (("--flush-seconds", "1e3"), "is not seconds from"),
        (("--place", "a\nb"), "is not one line of text"),
    ],
)
def test_a_wrong_flag_says_what_is_wanted(flags: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as refused:
        settings(tmp_path, *flags)
    assert words in str(refused.value)


def test_an_unknown_variable_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"LUMOS_PROT, which is no setting.*LUMOS_PORT"):
        settings(tmp_path, LUMOS_PROT="1")


@pytest.mark.parametrize(
    ("flag", "text", "value"),
    [
        ("--retention-raw", "2y", 2 * 31_557_600),
        ("--retention-raw", "0", 0),
        ("--session-idle", "90m", 5_400),
        ("--queue-limit", "1 gb", 1_000_000_000),
        ("--memory-limit", "123", 123),
        ("--base-path", "/a/b/", "/a/b"),
        ("--flush-seconds", "0.25", 0.25),
    ],
)
def test_values_are_read_with_their_units(flag: str, text: str, value: object, tmp_path: Path) -> None:
    assert getattr(settings(tmp_path, flag, text), flag[2:].replace("-", "_")) == value


def test_a_given_broker_is_an_external_one(tmp_path: Path) -> None:
    assert settings(tmp_path).embedded
    assert not settings(tmp_path, "--mqtt-host", "192.168.1.2").embedded
    assert settings(tmp_path, "--mqtt-host", "192.168.1.2", "--broker", "embedded").embedded


def test_a_child_process_has_the_very_same_settings(tmp_path: Path) -> None:
    flags = ["--lan", "--retention-raw", "0", "--tls-key", str(tmp_path / "k"), "--flush-seconds", "0.05"]
    given = settings(tmp_path, *flags, "--data-dir", str(tmp_path / "data"), "--session-idle", "12h")
    again = settings(tmp_path / "elsewhere", **given.as_environment())
    assert [getattr(again, row.name) for row in rows()] == [getattr(given, row.name) for row in rows()]


@pytest.mark.parametrize(
    ("flags", "address", "login"),
    [
        ((), "127.0.0.1", False),
        (("--lan",), "0.0.0.0", True),
        (("--lan", "--host", "192.168.1.2"), "192.168.1.2", True),
        (("--host", "0.0.0.0"), "0.0.0.0", True),
        (("--host", "::1"), "::1", False),
        (("--trusted-proxies", "127.0.0.1"), "127.0.0.1", True),
    ],
)
def test_whoever_can_reach_it_from_elsewhere_must_log_in(
    flags: tuple[str, ...], address: str, login: bool, tmp_path: Path
) -> None:
    found = settings(tmp_path, *flags)
    assert (found.listens_on, found.login_required) == (address, login)


def test_sources_in_the_file_are_left_to_each_program_to_read(tmp_path: Path) -> None:
    (tmp_path / "lumos.toml").write_text(
        'sources = "native, tasmota"\nport = 5\n[source.a]\ntopic = "a/{device}/{metric}"\n'
    )
    found = settings(tmp_path)
    assert found.source_tables == {"a": {"topic": "a/{device}/{metric}"}}
    told = found.as_environment()
    assert told["LUMOS_PORT"] == "5"
    assert "LUMOS_SOURCES" not in told  # else a change of the file would wait for the launcher's next start
    assert settings(tmp_path, "--sources", "native").as_environment()["LUMOS_SOURCES"] == "native"
    assert settings(tmp_path, LUMOS_SOURCES="a").as_environment()["LUMOS_SOURCES"] == "a"
