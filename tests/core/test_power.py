"""Batteries as Linux shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.power import on_battery_linux

BATTERY = {"type": "Battery", "status": "Discharging"}
MOUSE = {"type": "Battery", "status": "Discharging", "scope": "Device"}


def supplies(folder: Path, *found: dict[str, str]) -> Path:
    for number, facts in enumerate(found):
        place = folder / f"supply{number}"
        place.mkdir()
        for name, text in facts.items():
            (place / name).write_text(f"{text}\n")
    return folder


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], False),
        ([BATTERY], True),
        ([{"type": "Mains", "online": "0"}, BATTERY], True),
        ([{"type": "Mains", "online": "1"}, BATTERY], False),
        ([{"type": "Mains", "online": "0"}, {"type": "USB", "online": "1"}, BATTERY], False),
        ([{"type": "Battery", "status": "Charging"}], False),
        ([MOUSE], False),
    ],
    ids=["none", "battery", "unplugged", "plugged", "usb-c", "charging", "mouse"],
)
def test_on_battery(tmp_path: Path, found: list[dict[str, str]], expected: bool) -> None:
    assert on_battery_linux(supplies(tmp_path, *found)) is expected


def test_a_machine_that_shows_no_supplies_is_on_mains(tmp_path: Path) -> None:
    assert not on_battery_linux(tmp_path / "nothing")
