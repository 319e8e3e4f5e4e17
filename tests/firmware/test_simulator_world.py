"""The light and the warmth of a simulated board are believable, and a seed repeats them."""

from __future__ import annotations

import random
import time

from firmware.simulator.world import World


def at(hour: float) -> float:
    return time.mktime((2026, 6, 15, int(hour), int(hour % 1 * 60), 0, 0, 0, -1))


def test_a_seed_repeats_the_weather() -> None:
    one, other = (
        [World(random.Random(7)).light_lx(at(12) + second, led=False) for second in range(5)] for _ in range(2)
    )
    assert one == other


def test_two_boards_do_not_stand_in_the_same_place() -> None:
    assert World(random.Random(1)).light_lx(at(12), False) != World(random.Random(2)).light_lx(at(12), False)


def test_noon_is_bright_night_is_dark_and_the_evening_has_a_lamp() -> None:
    world = World(random.Random(1))
    noon = max(world.light_lx(at(12) + minute * 60, led=False) for minute in range(120))
    assert 300 < noon < 4_095
    assert world.light_lx(at(3), led=False) < 10
    assert 150 < world.light_lx(at(21), led=False) < 250


def test_the_boards_own_led_is_seen_by_its_sensor() -> None:
    world = World(random.Random(1))
    assert world.light_lx(at(3), led=True) - world.light_lx(at(3), led=False) > 100


def test_the_room_is_a_room() -> None:
    world = World(random.Random(1))
    assert all(15 < world.temperature_c(at(hour)) < 28 for hour in range(24))
