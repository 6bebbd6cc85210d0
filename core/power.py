"""Whether the machine runs on its battery, asked of the system itself."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

log = logging.getLogger(__name__)

POWER_SUPPLIES = Path("/sys/class/power_supply")
PMSET_SECONDS = 5.0


def on_battery() -> bool:
    """True while a battery feeds the machine; False where there is none or nothing is known."""
    if sys.platform == "win32":
        return _on_battery_windows()
    if sys.platform == "darwin":
        return _on_battery_macos()
    return on_battery_linux(POWER_SUPPLIES)


def on_battery_linux(supplies: Path) -> bool:
    """Linux's power supplies (kernel documentation, "sysfs-class-power").

    On battery is a machine with a discharging battery of its own (not a mouse's: scope Device)
    and no mains or USB supply that is online.
    """
    discharging = False
    try:
        found = sorted(supplies.iterdir())
    except OSError:
        return False
    for supply in found:
        kind = _read(supply / "type")
        if kind in ("Mains", "USB") and _read(supply / "online") == "1":
            return False
        if kind == "Battery" and _read(supply / "scope") != "Device":
            discharging = discharging or _read(supply / "status") == "Discharging"
    return discharging


def _read(file: Path) -> str:
    try:
        return file.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _on_battery_macos() -> bool:
    try:
        said = subprocess.run(
            ["/usr/bin/pmset", "-g", "batt"],
            capture_output=True, text=True, timeout=PMSET_SECONDS, check=True,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        log.debug("the power source is unknown: %s", error)
        return False
    return "'Battery Power'" in said


def _on_battery_windows() -> bool:
    """``GetSystemPowerStatus``: ACLineStatus is 0 without mains, 255 where it is unknown."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [
            ("ac_line", ctypes.c_ubyte), ("battery", ctypes.c_ubyte),
            ("percent", ctypes.c_ubyte), ("saver", ctypes.c_ubyte),
            ("seconds", ctypes.c_ulong), ("full_seconds", ctypes.c_ulong),
        ]  # fmt: skip

    status = Status()
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined, unused-ignore]
    return bool(kernel.GetSystemPowerStatus(ctypes.byref(status))) and status.ac_line == 0
