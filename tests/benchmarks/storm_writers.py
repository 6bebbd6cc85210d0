"""Twenty writers that keep a tree of photos in motion, and remember what they did to each."""

from __future__ import annotations

import os
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.quick import TinyPhotos

Identity = tuple[int, int, int]
"""Inode, size and modification time: what a file stays while it is only renamed."""

SHARED_FOLDERS = 24


@dataclass
class Lineage:
    """One photo through all its names and contents; gone when ``path`` is ``None``."""

    path: Path | None
    history: list[tuple[str, Identity | None]] = field(default_factory=list)


@dataclass
class Writer:
    """One of the writers: it works in folders that all share, on files that are its own."""

    root: Path
    number: int
    share: int
    seed: int
    pause: float
    photos: list[Lineage] = field(default_factory=list)
    gone: list[Lineage] = field(default_factory=list)
    operations: int = 0

    def __post_init__(self) -> None:
        self._choose = random.Random(self.seed * 1000 + self.number)
        self._tiny = TinyPhotos(distinct=8, first=self.number * 1_000_000)
        self._names = 0
        self._own = 0

    # --- the beginning ---------------------------------------------------------------------------

    def fill(self) -> None:
        """Write the files that are there before the storm."""
        while len(self.photos) < self.share:
            self._create()
        self.operations = 0

    # --- the storm -------------------------------------------------------------------------------

    def work(self, seconds: float) -> None:
        """Calm stretches and bursts, until the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            burst = self._choose.random() < 0.02
            for _ in range(60 if burst else 1):
                self._one()
            time.sleep(self._choose.uniform(0, 2 * self.pause))

    def _one(self) -> None:
        few = len(self.photos) < 0.9 * self.share
        many = len(self.photos) > 1.1 * self.share
        deeds = [self._create, self._delete, self._rename, self._move, self._replace, self._over,
                 self._swap, self._case, self._rename_folder]  # fmt: skip
        weights = [30 if few else 12, 30 if many else 10, 20, 20, 20, 4, 3, 3, 0.5]
        self._choose.choices(deeds, weights)[0]()
        self.operations += 1

    def _create(self) -> None:
        path = self._new_path(self._folder())
        content = self._tiny.next()
        if self._choose.random() < 0.5:
            self._write_aside(path, content)
        else:
            with path.open("wb", buffering=0) as file:
                half = len(content) // 2
                file.write(content[:half])
                time.sleep(self._choose.uniform(0, 0.002))
                file.write(content[half:])
        self.photos.append(Lineage(path, [("create", identity(path))]))

    def _delete(self) -> None:
        if self.photos:
            self._end(self._choose.choice(self.photos), "delete").unlink()

    def _rename(self) -> None:
        photo = self._any()
        self._put(photo, self._new_path(_at(photo).parent), "rename")

    def _move(self) -> None:
        photo = self._any()
        self._put(photo, self._new_path(self._folder()), "move")

    def _case(self) -> None:
        photo = self._any()
        path = _at(photo)
        other = path.with_name(path.name.swapcase())
        if not other.exists():
            self._put(photo, other, "rename")

    def _replace(self) -> None:
        photo = self._any()
        self._write_aside(_at(photo), self._tiny.next())
        photo.history.append(("replace", identity(_at(photo))))

    def _over(self) -> None:
        if len(self.photos) > 2:
            first, second = self._choose.sample(self.photos, 2)
            self._put(first, self._end(second, "overwritten"), "move")

    def _swap(self) -> None:
        if len(self.photos) > 2:
            first, second = self._choose.sample(self.photos, 2)
            here, there = _at(first), _at(second)
            between = here.with_name(f"between-{self.number}.jpg")
            here.rename(between)
            there.rename(here)
            between.rename(there)
            first.path, second.path = there, here
            for photo in (first, second):
                photo.history.append(("move", identity(_at(photo))))

    def _rename_folder(self) -> None:
        old = self._own_folder()
        if not old.is_dir():
            return
        self._own += 1
        old.rename(self._own_folder())
        for photo in self.photos:
            path = _at(photo)
            if path.parent == old:
                photo.path = self._own_folder() / path.name
                photo.history.append(("move", identity(photo.path)))

    # --- parts -----------------------------------------------------------------------------------

    def _any(self) -> Lineage:
        if not self.photos:
            self._create()
        return self._choose.choice(self.photos)

    def _put(self, photo: Lineage, path: Path, how: str) -> None:
        os.replace(_at(photo), path)
        photo.path = path
        photo.history.append((how, identity(path)))

    def _end(self, photo: Lineage, how: str) -> Path:
        path = _at(photo)
        photo.history.append((how, None))
        photo.path = None
        self.photos.remove(photo)
        self.gone.append(photo)
        return path

    def _write_aside(self, path: Path, content: bytes) -> None:
        aside = path.with_name(f".{path.name}.{self.number}.tmp")
        aside.write_bytes(content)
        os.replace(aside, path)

    def _new_path(self, folder: Path) -> Path:
        self._names += 1
        return folder / f"w{self.number:02}-{self._names:06}.jpg"

    def _folder(self) -> Path:
        if self._choose.random() < 0.1:
            folder = self._own_folder()
        else:
            place = self._choose.randrange(SHARED_FOLDERS)
            folder = self.root / f"folder-{place % 6}" / f"part-{place // 6}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _own_folder(self) -> Path:
        return self.root / f"own-{self.number:02}-{self._own}"


def identity(path: Path) -> Identity:
    """What tells a file from all others, whatever its name."""
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


def _at(photo: Lineage) -> Path:
    assert photo.path is not None
    return photo.path


def make_writers(root: Path, writers: int, files: int, pause: float, seed: int) -> list[Writer]:
    """The writers with their files written."""
    crew = [Writer(root, number, files // writers, seed, pause) for number in range(writers)]
    for writer in crew:
        writer.fill()
    return crew


def blow(crew: list[Writer], seconds: float) -> None:
    """Let all of them work at once."""
    threads = [threading.Thread(target=writer.work, args=(seconds,)) for writer in crew]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
