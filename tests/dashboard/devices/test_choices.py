"""What the page Devices shows, and that its address opens the same."""

from __future__ import annotations

import pytest

from dashboard.devices.choices import Choices, resolve


@pytest.mark.parametrize(
    "choices",
    [
        Choices(),
        Choices(find="fenêtre & <b>", tag="étage 2", state="silent", sort="seen", page=3, hidden=True),
        Choices(device="'; drop table"),
        Choices(find="../../x").of("a/b").at(2),
    ],
)
def test_an_address_opens_what_it_was_made_from(choices: Choices) -> None:
    assert resolve(choices.search()) == choices


def test_what_is_as_usual_stays_out_of_the_address() -> None:
    assert Choices().search() == "?"
    assert Choices(hidden=True).search() == "?hidden=1"


@pytest.mark.parametrize(
    "search", ["?page=0", "?page=-1", "?page=x", "?sort=size", "?state=angry", "?hidden=yes", "?x=1"]
)
def test_what_an_address_has_wrong_is_as_usual(search: str) -> None:
    assert resolve(search) == Choices()


def test_the_way_back_leads_to_the_same_list() -> None:
    listed = Choices(find="lab", page=2)
    assert listed.of("window").of("") == listed
