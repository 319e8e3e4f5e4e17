"""What is told: through real servers of each kind, in quiet hours, through a channel that fails and recovers."""

from __future__ import annotations

import dataclasses
import json
import logging
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import duckdb
import pytest
from apprise.plugins.telegram import NotifyTelegram

from ingest.alerts.delivery import send, without_secrets
from ingest.alerts.outbox import GIVE_UP_US, standing
from ingest.alerts.sending import Sender
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError
from tests.harness.receivers import HttpReceiver, MailReceiver
from tests.harness.waiting import until
from tests.ingest.alerts.conftest import SECOND, Watchroom

HEAT = {"device": "window", "metric": "heat"}
SECRET = "tk-very-secret-0815"


@pytest.fixture(scope="module")
def shared_receiver() -> Iterator[HttpReceiver]:
    with closing(HttpReceiver()) as made:
        yield made


@pytest.fixture
def receiver(shared_receiver: HttpReceiver) -> HttpReceiver:
    shared_receiver.status, shared_receiver.tries = 200, 0
    shared_receiver.taken.clear()
    return shared_receiver


@pytest.fixture(scope="module")
def mailbox() -> Iterator[MailReceiver]:
    with closing(MailReceiver()) as made:
        yield made


@pytest.fixture
def sender(room: Watchroom) -> Iterator[Sender]:
    made = Sender(room.desk.writer.settings, room.desk.writer)
    room.actions.sender = made
    made.start()
    yield made
    made.stop(5)


def channel(room: Watchroom, url: str, name: str = "phone", language: str = "en") -> str:
    return str(room.act("make_alert_channel", name=name, url=url, language=language)["id"])


def webhook(receiver: HttpReceiver) -> str:
    return f"json://ada:{SECRET}@127.0.0.1:{receiver.port}/hook"


def how(room: Watchroom, channel_id: str) -> dict[str, object]:
    found = room.desk.do(lambda: standing(room.desk.writer.connection))
    return dict(found.get(channel_id, {}))


def sent(room: Watchroom) -> int:
    ((count,),) = room.desk.rows("SELECT count(*) FROM alert_messages WHERE sent_us IS NOT NULL")
    return int(count)


def heat(room: Watchroom, value: float) -> None:
    room.pass_time(1)
    room.read(heat=value)


def test_a_webhook_ntfy_and_mail_are_told_that_it_began_and_that_it_is_over(
    room: Watchroom, sender: Sender, receiver: HttpReceiver, mailbox: MailReceiver
) -> None:
    room.read(heat=20)
    room.act("describe_device", device="window", name="Greenhouse", tags=[])
    room.act("describe_metric", device="window", metric="heat", label="Heat", unit="°C", decimals=1)
    channel(room, webhook(receiver), "webhook")
    channel(room, f"ntfy://127.0.0.1:{receiver.port}/topic", "ntfy")
    channel(room, f"mailto://127.0.0.1:{mailbox.port}?mode=insecure&from=lumos@example.org&to=ada@example.org", "mail", "fr")  # fmt: skip  # noqa: E501
    room.rule("above", **HEAT, level=30, severity="critical", name="Vents", zone="Europe/Paris")
    heat(room, 31.25)
    until(lambda: sent(room) == 3, "three messages sent")
    by_path = {path: body for _, path, _, body in receiver.taken}
    assert set(by_path) == {"/hook", "/"}
    message = receiver.json()[[path for _, path, _, _ in receiver.taken].index("/hook")]
    assert message["title"] == "Critical: Greenhouse"
    assert message["message"] == (
        "Greenhouse: Heat is 31.2\u202f°C, above 30.0\u202f°C, since Tue 2026-11-17 10:20:01 (Europe/Paris).\n"
        "Rule: Vents"
    )
    assert message["type"] == "failure"
    assert b"Heat is 31.2" in by_path["/"]
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Critique: Greenhouse"
    assert "Heat est à 31,2\u202f°C, au-dessus de 30,0\u202f°C" in mail.get_body(("plain", "html")).get_content()
    heat(room, 29)
    until(lambda: sent(room) == 6, "three more")
    assert "Heat: over at Tue 2026-11-17 10:20:02, began Tue 2026-11-17 10:20:01" in str(receiver.json()[-2:])
    assert mailbox.mails[-1]["Subject"] == "Terminé: Greenhouse"


def test_telegram_is_told_too_and_its_bot_is_named_nowhere(
    room: Watchroom, sender: Sender, receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """Its own words over HTTP, to this machine in place of Telegram's: only the host is another."""
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://127.0.0.1:{receiver.port}/bot")
    bot, chat = f"{123456789}:{'AbCdEf-' * 5}", "987654321"
    room.read(heat=20)
    made = channel(room, f"tgram://{bot}/{chat}/", "telegram")
    room.rule("above", **HEAT, level=30, name="a < b & c")
    heat(room, 31)
    until(lambda: sent(room) == 1, "the message sent")
    ((_, path, _, body),) = receiver.taken
    message = json.loads(body)
    assert path == f"/bot{bot}/sendMessage"
    assert str(message["chat_id"]) == chat
    assert "window" in message["text"]
    assert "a &lt; b &amp; c" in message["text"]
    receiver.status = 401
    heat(room, 29)
    until(lambda: how(room, made)["failing"], "the refusal reported")
    assert bot not in str(how(room, made)) + caplog.text


def test_the_address_of_a_channel_is_told_to_nobody(
    room: Watchroom, sender: Sender, receiver: HttpReceiver, folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = channel(room, f"{webhook(receiver)}/{SECRET}")
    receiver.status = 500
    assert "error=500" in room.act("test_alert_channel", id=made)["error"]
    file = folder.alert_channels
    assert SECRET in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    room.desk.do(lambda: room.desk.writer.connection.execute("CHECKPOINT"))
    others = [path for path in folder.path.rglob("*") if path.is_file() and path.parent != folder.secrets]
    assert not [path for path in others if SECRET.encode() in path.read_bytes()]
    assert SECRET not in caplog.text
    assert room.desk.rows("SELECT arguments FROM changes WHERE action = 'make_alert_channel'") == [
        ('{"name": "phone", "language": "en"}',)
    ]
    assert SECRET not in repr(room.desk.writer.channels.all())


@pytest.mark.parametrize(
    ("text", "url", "left"),
    [
        ("POST https://api.telegram.org/bot123:abcdef/send failed", "tgram://123:abcdef/99887", "POST … failed"),
        ("host hunter2.example.org refused ada", "json://ada:p%40ss@hunter2.example.org/x", "host … refused …"),
        ("p@ss is wrong", "json://ada:p%40ss@h.example.org", "… is wrong"),
        ("error=500 to token=abc123", "ntfy://h.example.org/t?token=abc123&mode=json", "error=500 to token=…"),
    ],
)
def test_a_reason_has_nothing_of_the_address_in_it(text: str, url: str, left: str) -> None:
    assert without_secrets(text, url) == left


def test_a_channel_that_fails_is_reported_tried_with_growing_pauses_and_recovers(
    room: Watchroom, sender: Sender, receiver: HttpReceiver
) -> None:
    room.read(heat=20)
    made = channel(room, webhook(receiver))
    other = channel(room, f"json://127.0.0.1:{receiver.port}/other", "other")
    room.rule("above", **HEAT, level=30, channels=[made])
    receiver.status = 503
    heat(room, 31)
    until(lambda: how(room, made).get("failing"), "the failure recorded")
    assert room.desk.writer.channels.failing.keys() == {made}
    assert how(room, made)["waiting"] == 1
    tries = receiver.tries
    waits = []
    for _ in range(3):
        due_us = int(str(how(room, made)["due_us"]))
        waits.append((due_us - room.now_us) // SECOND)
        room.pass_time(waits[-1] - 1)
        sender._wake.set()
        room.pass_time(1)
        sender._wake.set()
        tries += 1
        until(lambda wanted=tries: receiver.tries == wanted, "the next attempt")
        until(lambda before=due_us: how(room, made)["due_us"] != before, "its record")
    assert waits == [5, 15, 60]
    # What comes meanwhile waits behind it; a test that gets through releases all of it, as one message.
    heat(room, 29)
    receiver.status = 200
    assert room.act("test_alert_channel", id=made)["ok"]
    until(lambda: sent(room) == 3, "the test and both messages")
    assert [body["title"] for body in receiver.json()] == ["Lumos: test", "Warning: window"]
    assert "over again" in receiver.json()[1]["message"]
    assert room.desk.writer.channels.failing == {}
    assert how(room, made)["failing"] is False
    assert how(room, other) == {}


def test_what_nobody_takes_for_three_days_is_given_up_and_says_so(
    room: Watchroom, sender: Sender, receiver: HttpReceiver
) -> None:
    room.read(heat=20)
    made = channel(room, webhook(receiver))
    room.rule("above", **HEAT, level=30)
    receiver.status = 500
    heat(room, 31)
    until(lambda: how(room, made).get("waiting"), "the first failure")
    room.pass_time(GIVE_UP_US / SECOND + 1)
    sender._wake.set()
    until(lambda: how(room, made)["given_up"], "the end of trying")
    assert how(room, made)["failing"] is True


def test_a_slow_channel_keeps_neither_ingest_nor_the_others_waiting(
    room: Watchroom, sender: Sender, receiver: HttpReceiver
) -> None:
    room.read(heat=20)
    with closing(HttpReceiver()) as slow:
        slow.wait.clear()
        channel(room, webhook(slow), "slow")
        channel(room, webhook(receiver), "quick")
        room.rule("above", **HEAT, level=30)
        heat(room, 31)
        until(lambda: slow.tries and receiver.taken, "the quick one told, the slow one waiting")
        heat(room, 29)
        until(lambda: len(receiver.taken) == 2, "and told of the end")
        assert slow.taken == []
        slow.wait.set()
        until(lambda: sent(room) == 4, "all of it in the end")


def test_quiet_hours_hold_everything_back_for_one_digest_or_only_show_it(
    room: Watchroom, sender: Sender, receiver: HttpReceiver
) -> None:
    room.read(heat=20, cold=20)
    channel(room, webhook(receiver))
    quiet = {"quiet_from": "08:00", "quiet_to": "10:00", "zone": "UTC"}
    room.rule("above", **HEAT, level=30, **quiet)
    room.rule("below", device="window", metric="cold", level=0, **quiet)
    room.rule("above", **HEAT, level=30, quiet_then="show", severity="critical", **quiet)
    heat(room, 31)
    room.pass_time(60)
    room.read(heat=25, cold=-5)
    assert len(room.episodes("id")) == 3
    sender._wake.set()
    assert sorted((what, due > 2_000) for _, what, due in room.messages()) == [
        ("ended", True), ("opened", True), ("opened", True)
    ]  # fmt: skip
    room.pass_time(2_339)
    sender._wake.set()
    until(lambda: sent(room) == 3, "the digest")
    (digest,) = receiver.json()
    assert digest["title"] == "2 alerts"
    first, second = digest["message"].splitlines()
    assert first.startswith("Warning: window: heat is 31, above 30, from Tue 2026-11-17 09:20:01 to")
    assert "cold is \u22125, below 0, since" in second
    # The one that was only shown is not told of when it is over either.
    room.pass_time(10)
    room.read(heat=20, cold=1)
    until(lambda: sent(room) == 4, "the end of what was told")


def test_messages_survive_a_restart_and_are_sent_once(
    room: Watchroom, again: Callable[[], Watchroom], receiver: HttpReceiver
) -> None:
    room.read(heat=20)
    channel(room, webhook(receiver))
    room.rule("above", **HEAT, level=30)
    heat(room, 31)  # and nobody sends it yet
    again()
    for _ in range(2):
        sender = Sender(room.desk.writer.settings, room.desk.writer)
        sender.start()
        until(lambda: sent(room) == 1, "the message")
        heat(room, 32)
        sender.stop(5)
        again()
    assert len(receiver.taken) == 1


def test_a_channel_is_renamed_readdressed_and_deleted_with_what_waits(
    room: Watchroom, sender: Sender, receiver: HttpReceiver
) -> None:
    room.read(heat=20)
    made = channel(room, "json://127.0.0.1:1/nobody")
    with pytest.raises(ActionError, match="there is a channel 'phone' already"):
        channel(room, webhook(receiver))
    for url in ("nonsense://x", "no address", "http//x"):
        with pytest.raises(ActionError, match=r"see docs/alerts\.md"):
            channel(room, url, "other")
    room.act("change_alert_channel", id=made, url=f"ntfy://127.0.0.1:{receiver.port}/topic", name="pocket")
    assert room.act("test_alert_channel", id=made)["ok"]
    (kept,) = room.desk.writer.channels.all()
    assert (kept.name, kept.service, kept.scheme, kept.made_by) == ("pocket", "ntfy", "ntfy://…", "ada")
    receiver.status = 500
    room.rule("above", **HEAT, level=30)
    heat(room, 31)
    until(lambda: how(room, made)["waiting"], "a message that waits")
    room.act("delete_alert_channel", id=made)
    assert room.messages() == []
    heat(room, 20)
    assert room.messages() == []


def test_a_file_of_channels_that_cannot_be_read_is_set_aside_and_readings_go_on(
    room: Watchroom, again: Callable[[], Watchroom], receiver: HttpReceiver, folder: DataFolder
) -> None:
    folder.write_private(folder.alert_channels, "[{")
    again()
    assert room.desk.writer.channels.ids() == []
    assert folder.alert_channels.with_suffix(".unreadable").read_text().startswith("[{")
    channel(room, webhook(receiver))
    room.read(heat=20)
    assert room.desk.rows("SELECT count(*) FROM readings") == [(1,)]


def test_a_message_leads_to_the_page_where_others_can_open_it(
    room: Watchroom, receiver: HttpReceiver, folder: DataFolder
) -> None:
    folder.write_private(folder.app_address, '{"address": "https://lab.local:8050", "broker": {}}')
    made = channel(room, webhook(receiver))
    for lan, link in ((False, ""), (True, "https://lab.local:8050/lumos/alerts")):
        settings = dataclasses.replace(room.desk.writer.settings, lan=lan, base_path="/lumos")
        room.actions.sender = Sender(settings, room.desk.writer)
        assert room.act("test_alert_channel", id=made)["ok"]
        assert receiver.json()[-1]["message"].partition("\n")[2] == link


def test_a_message_that_no_service_can_be_found_for_says_so() -> None:
    assert "can use" in send("nonsense://x", "title", "body", "info")


def test_what_the_store_cannot_take_down_is_not_sent_a_second_time(
    room: Watchroom, sender: Sender, receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.read(heat=20)
    channel(room, webhook(receiver))
    refused = []

    def full(*_: object) -> None:
        refused.append(True)
        raise duckdb.IOException("no space left on the device")

    monkeypatch.setattr("ingest.alerts.sending.record", full)
    room.rule("above", **HEAT, level=30)
    heat(room, 31)
    until(lambda: len(refused) > 2, "several attempts to take it down")
    monkeypatch.undo()
    until(lambda: sent(room) == 1, "its record")
    assert len(receiver.taken) == 1


def test_stopping_waits_for_a_message_that_is_under_way_and_takes_it_down(
    room: Watchroom, sender: Sender, receiver: HttpReceiver
) -> None:
    room.read(heat=20)
    receiver.wait.clear()
    channel(room, webhook(receiver))
    room.rule("above", **HEAT, level=30)
    heat(room, 31)
    until(lambda: receiver.tries, "the message under way")
    threading.Timer(0.2, receiver.wait.set).start()
    sender.stop(5)
    assert sent(room) == 1
