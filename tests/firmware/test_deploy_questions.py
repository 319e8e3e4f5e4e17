"""What a board is told: where each answer comes from, and what is refused before anything is copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.deploy import questions
from firmware.deploy.boards import BOARDS, fitting
from firmware.deploy.errors import BoardConfigError
from firmware.deploy.lumos import Address
from firmware.deploy.questions import Person
from launcher import certificate
from telemetry.datafolder import DataFolder

NOBODY = Person(lambda _: "", lambda _: "", present=False)
KNOWN: dict[str, Any] = {
    "board": "ttgo-lora32",
    "device": "window",
    "wifi": {"ssid": "lab", "password": "secret"},
    "host": "lumos.local",
}


def somebody(*answers: str) -> tuple[Person, list[str]]:
    """A person with these answers, and the questions that were asked."""
    asked: list[str] = []
    left: Iterator[str] = iter(answers)

    def ask(question: str) -> str:
        asked.append(question)
        return next(left)

    return Person(ask, ask, present=True), asked


def test_a_person_is_asked_for_what_is_missing_and_enter_takes_what_is_offered() -> None:
    person, asked = somebody("", "window", "lab", "secret", "", "33")
    made = questions.complete({}, person, "192.168.1.5", "ESP32 module with ESP32")
    assert asked == [
        "Board (ttgo-lora32, esp32-devkit) [ttgo-lora32]: ",
        "Name of the device: ",
        "Wi-Fi: ",
        "Password of lab (not shown): ",
        "Broker, as the board reaches it [192.168.1.5]: ",
        "Pin of the light sensor (32, 33, 34, 35, 36, 37, 38, 39) [36]: ",
    ]
    assert (made["board"], made["host"], made["sensors"][0]["pin"]) == ("ttgo-lora32", "192.168.1.5", 33)
    assert made["wiring"]["screen"] == {"sda": 4, "scl": 15, "reset": 16}


def test_an_answer_that_is_no_choice_is_asked_for_again() -> None:
    person, asked = somebody("99", "33")
    assert questions.complete(KNOWN, person, None)["sensors"][0]["pin"] == 33
    assert len(asked) == 2


def test_flags_are_stronger_than_the_environment_than_the_file_than_what_the_board_knew(tmp_path: Path) -> None:
    file = tmp_path / "board.toml"
    file.write_text('device = "of-file"\nhost = "of-file"\n[wifi]\nssid = "of-file"\n[pins]\nled = [2, false]\n')
    environment = {"BOARD_DEVICE": "of-environment", "BOARD_BROKER": "of-environment", "BOARD_WIFI_PASSWORD": "p"}
    made = questions.merged(
        {**KNOWN, "period_ms": 500},
        questions.from_file(file),
        questions.from_environment(environment),
        {"device": "of-flag"},
    )
    assert (made["device"], made["host"], made["period_ms"]) == ("of-flag", "of-environment", 500)
    assert made["wifi"] == {"ssid": "of-file", "password": "p"}
    assert questions.complete(made, NOBODY, None)["wiring"]["led"] == [2, False]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"device": "esp32"}, r"'esp32' is no name for a device"),
        ({"board": "ttgo-lora"}, r"'ttgo-lora' is no board.*ttgo-lora32"),
        ({"wifi": {"ssid": "lab"}}, r"password is missing: set BOARD_WIFI_PASSWORD"),
        ({"wifi": {"ssid": "x" * 33, "password": ""}}, r"ssid of 1 to 32"),
        ({"host": ""}, r"Broker, as the board reaches it is missing: give it with --broker"),
        ({"period_ms": 50}, r"period_ms must be 100 to 3600000, not 50"),
        ({"keep_alive_s": "often"}, r"keep_alive_s must be 10 to 600, not 'often'"),
        (
            {"tls_ca": "ca.pem"},
            r"tls_ca is no certificate that a board could trust \('ca.pem'\): give the text",
        ),
        ({"tls_ca": "bm8gY2VydGlmaWNhdGU="}, r"tls_ca is no certificate"),
        ({"tls_ca": 5}, r"tls_ca is no certificate"),
        (
            {"tls_ca": "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"},
            r"tls_ca is no certificate that a board could trust \('-----BEGIN",
        ),
        ({"tls_ca": "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----"}, r"tls_ca is no certificate"),
        ({"port": 70_000}, r"port must be 1 to 65535"),
        ({"sensors": [{"driver": "photo", "metric": "light", "pin": 36}]}, r"'photo' is no driver"),
        ({"sensors": [{"driver": "analog", "metric": "soil", "pin": 25}]}, r"pin 25 cannot measure beside the Wi-Fi"),
        *(
            ({"sensors": [{"driver": "analog", "metric": "soil", "pin": 36, "points": points}]}, sentence)
            for points, sentence in (
                ([[800, 5]], r"points of 'soil' must be two or more pairs .*, such as .*, not \[\[800, 5\]\]"),
                ([], r"points of 'soil' must be two or more pairs"),
                ([[0, 0], [0, 5]], r"no two at the same millivolts"),
                ([[0, 0], [3300]], r"pairs of \[millivolts, value\]"),
                ([[0, 0], [3300, "wet"]], r"pairs of \[millivolts, value\]"),
                ([[0, 0], [3300, float("nan")]], r"pairs of \[millivolts, value\]"),
                ("0-3300", r"pairs of \[millivolts, value\]"),
            )
        ),
        ({"sensors": ["light"]}, r"light needs a driver and a metric"),
    ],
)
def test_what_will_not_do_is_refused_with_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BoardConfigError, match=sentence):
        questions.complete({**KNOWN, **change}, NOBODY, None)


def test_an_authority_is_given_as_pem_or_as_the_board_keeps_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    certificate.make(folder, ["lumos.local"])
    kept = Address("", None, (), 0, folder.tls_authority).authority_der()
    # The host's own file holds its certificate before that of its authority.
    for given in (folder.tls_authority.read_text(), folder.tls_certificate.read_text(), kept, ""):
        made = questions.complete({**KNOWN, "tls_ca": given}, NOBODY, None)
        assert made["tls_ca"] == (kept if given else "")


def test_a_curve_through_two_points_or_more_will_do_in_any_order() -> None:
    row = {"driver": "analog", "metric": "soil", "pin": 36, "points": [[3300, 0.5], [0, 100], [1500, 60]]}
    assert questions.complete({**KNOWN, "sensors": [row]}, NOBODY, None)["sensors"] == [row]


def test_a_row_for_another_chip_is_refused() -> None:
    with pytest.raises(BoardConfigError, match=r"the board is no ttgo-lora32: MicroPython calls it 'ESP32C3 module"):
        questions.complete(KNOWN, NOBODY, None, "ESP32C3 module with ESP32C3")


def test_a_file_with_an_unknown_key_or_none_at_all_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "board.toml"
    file.write_text("devise = 1\n")
    with pytest.raises(BoardConfigError, match=r"'devise' is no setting of a board.*device"):
        questions.from_file(file)
    file.write_text("device =\n")
    with pytest.raises(BoardConfigError, match=r"board.toml cannot be read"):
        questions.from_file(file)
    with pytest.raises(BoardConfigError, match=r"none.toml cannot be read"):
        questions.from_file(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("machine", "rows"),
    [
        ("Generic ESP32 module with ESP32", ["ttgo-lora32", "esp32-devkit"]),
        ("ESP32C3 module with ESP32C3", ["esp32-c3"]),
        ("Generic ESP32-S3 module with ESP32S3", ["esp32-s3"]),
        ("linux [GCC 14.2.1] version", list(BOARDS)),
    ],
)
def test_the_rows_that_fit_are_those_of_the_chip(machine: str, rows: list[str]) -> None:
    assert fitting(machine) == rows


@pytest.mark.parametrize("name", BOARDS)
def test_every_row_is_whole(name: str) -> None:
    row = BOARDS[name]
    assert row["light"] in row["adc"]
    assert {"name", "chip", "led", "button", "screen", "i2c"} <= set(row)
