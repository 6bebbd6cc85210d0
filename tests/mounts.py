"""File systems of a test's own, where the machine lets it mount any."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


class NoMountError(Exception):
    """This machine does not let us mount anything."""


@dataclass(frozen=True)
class Disk:
    """A small file system in memory that can be filled up and made read-only."""

    point: Path

    @classmethod
    def mount(cls, point: Path, *, megabytes: int) -> Disk:
        """Mount one. Raises ``NoMountError``."""
        if not sys.platform.startswith("linux") or os.geteuid() != 0:
            raise NoMountError("only root may mount here")
        point.mkdir(parents=True, exist_ok=True)
        words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(point)]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            raise NoMountError(done.stderr.strip())
        return cls(point)

    def fill(self) -> None:
        """Leave no byte free."""
        with contextlib.suppress(OSError), (self.point / "filler").open("wb", 0) as file:
            while True:
                file.write(bytes(1 << 16))
        with contextlib.suppress(OSError), (self.point / "filler-2").open("wb", 0) as file:
            while True:
                file.write(bytes(512))

    def drain(self) -> None:
        """Make room again."""
        for path in self.point.glob("filler*"):
            path.unlink()

    def set_read_only(self, on: bool) -> None:
        """Refuse all writes, or take them again; what is open for writing stays so."""
        mode = "ro" if on else "rw"
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.point)], capture_output=True)

    def unmount(self) -> None:
        """Take it away with all that is on it."""
        subprocess.run(["umount", str(self.point)], check=True, capture_output=True)


@contextlib.contextmanager
def small_disk(point: Path, megabytes: int) -> Iterator[Path]:
    """A file system in memory that is soon full."""
    with _mounted(point, "-t", "tmpfs", "-o", f"size={megabytes}m", "none"):
        yield point


@contextlib.contextmanager
def drive(image: Path, point: Path, kind: str = "ext4") -> Iterator[Path]:
    """The file system in an image file, made if it isn't there: a drive to plug and unplug."""
    maker = shutil.which(f"mkfs.{kind}", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if maker is None:
        pytest.skip(f"there is no mkfs.{kind} here")
    if not image.exists():
        with image.open("wb") as file:
            file.truncate(16 << 20)
        subprocess.run([maker, str(image)], check=True, capture_output=True)
    with _mounted(point, "-o", "loop", str(image)):
        yield point


@contextlib.contextmanager
def _mounted(point: Path, *arguments: str) -> Iterator[None]:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root may mount here")
    point.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(point)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"this machine does not mount it: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(point)], check=True, capture_output=True)
