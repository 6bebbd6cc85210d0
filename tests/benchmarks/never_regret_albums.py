"""Random albums for `never_regret`, the strangers that meddle with them, and looks at what is."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.curation.apply import Rejects
from core.domain import Flag, Status
from core.grouping.groups import Grouping
from core.library.database import DATABASE_NAME
from tests.core.curation.made_album import PORTRAIT, START, Shot, Tree, flipped

KINDS = (
    "none", "killed", "killed by the clock", "disk full", "read-only", "changed", "gone",
    "in the way",
)  # fmt: skip
DISK_KINDS = frozenset({"disk full", "read-only"})
COMPANIONS: tuple[tuple[str, ...], ...] = ((), (), ("jpg.xmp",), ("xmp", "mov"), ("CR2",))
FOLDERS = ("", "", "sub/", "söb/", "a b/ü/")


@dataclass(frozen=True)
class Case:
    """One album, what is asked of it, and what is to happen at which step."""

    folder: Path
    library: Path
    shots: tuple[Shot, ...]
    companions: tuple[tuple[str, ...], ...]
    n: int
    by: Grouping
    rejects: Rejects
    kind: str
    at: int
    seed: int

    @property
    def album(self) -> Path:
        """The photos' folder."""
        return self.folder / "album"

    def add_companions(self) -> None:
        """Sidecars, clips and raw files beside the photos."""
        for shot, endings in zip(self.shots, self.companions, strict=True):
            for ending in endings:
                path = (self.album / shot.name).with_suffix(f".{ending}")
                path.write_bytes(f"{shot.name} {ending}".encode())

    # --- strangers --------------------------------------------------------------------------------

    def change(self, rejects: Sequence[str]) -> None:
        """Somebody saves over one of the files, if it is where it was."""
        path = Path(self._one_of(rejects or self._photos()))
        if path.exists():
            old = path.read_bytes()
            new = old + b" edited elsewhere"
            self._note(path, old, new)
            path.write_bytes(new)

    def remove(self) -> None:
        """Somebody removes a photo."""
        path = Path(self._one_of(self._photos()))
        if path.exists():
            self._note(path, path.read_bytes(), None)
            path.unlink()

    def add(self, rejects: Sequence[str]) -> None:
        """Somebody puts a file where a reject is to go, or where one has just left."""
        source = Path(self._one_of(rejects or self._photos()))
        target = self.album / "_rejected" / source.relative_to(self.album)
        path = source if not source.exists() else target
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                self._note(path, None, b"somebody else's")
                path.write_bytes(b"somebody else's")

    def remove_strangers(self) -> None:
        """The files that somebody added go again, wherever they are."""
        for path in list(self.folder.rglob("*")):
            if path.is_file() and path.read_bytes() == b"somebody else's":
                path.unlink()
                parent = path.parent
                while "_rejected" in parent.parts and not any(parent.iterdir()):
                    parent.rmdir()
                    parent = parent.parent

    def _photos(self) -> list[str]:
        return [os.fspath(self.album / shot.name) for shot in self.shots]

    def _one_of(self, paths: Sequence[str]) -> str:
        return random.Random(self.seed + 1).choice(list(paths))

    def _note(self, path: Path, old: bytes | None, new: bytes | None) -> None:
        line = {
            "path": os.fspath(path),
            "old": None if old is None else _digest(old),
            "new": None if new is None else _digest(new),
        }
        with (self.folder / "strangers.log").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def make_case(seed: int, root: Path, disk: Path | None) -> Case:
    """The case of a number: always the same. The library is full with the photos' disk, but is
    never on one that becomes read-only: a disk that is being written to can't."""
    rng = random.Random(seed)
    kind = KINDS[rng.randrange(len(KINDS))]
    folder = (root if disk is None else disk) / f"case-{seed}"
    shots = []
    for number in range(rng.randint(2, 12)):
        scene = rng.randint(0, 2)
        mean = rng.choice([None, *(2.0 + 0.37 * step for step in range(12))])
        status = rng.choice([Status.SCORED] * 9 + [Status.UNREADABLE, Status.PENDING])
        if mean is None and status is Status.SCORED:
            status = Status.NOT_SCORED
        seconds = rng.choice([None, *range(10)])
        shots.append(
            Shot(
                name=f"{rng.choice(FOLDERS)}IMG_{number:04}.jpg",
                mean=mean,
                likeness=flipped(PORTRAIT, rng.randint(0, 6) + 20 * scene, seed=scene),
                taken_at=None if seconds is None else START + timedelta(seconds=seconds),
                person=rng.choice([None, 1, 2]),
                flag=rng.choice([None] * 8 + [Flag.PICK, Flag.REJECT]),
                rating=rng.choice([0] * 9 + [3]),
                status=status,
                content=b"the same" if rng.random() < 0.1 else None,
            )
        )
    return Case(
        folder=folder,
        library=root / f"library-{seed}" if kind == "read-only" else folder / "library",
        shots=tuple(shots),
        companions=tuple(rng.choice(COMPANIONS) for _ in shots),
        n=rng.randint(1, 4),
        by=rng.choice([*Grouping, Grouping.ALBUM, Grouping.ALBUM]),
        rejects=rng.choice([Rejects.FLAG, *[Rejects.MOVE] * 5, *[Rejects.TRASH] * 3]),
        kind=kind,
        at=rng.randint(1, 70),
        seed=seed,
    )


@dataclass
class Strangers:
    """What somebody else did to the files of a case."""

    paths: set[str] = field(default_factory=set)
    gone: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)

    def without(self, found: Tree, album: Path) -> Tree:
        """A tree without the files that somebody touched."""
        touched = {os.fsencode(os.path.relpath(path, album)).hex() for path in self.paths}
        return {path: facts for path, facts in found.items() if path not in touched}

    def rows(self, tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Tables without the rows that tell of files which somebody touched."""
        if not self.paths:
            return tables
        names = {os.fsencode(os.path.basename(path)) for path in self.paths}
        ids = {row["id"] for row in tables["photos"] if row["name"] in names}
        return {
            table: [row for row in rows if row.get("photo_id", row.get("id")) not in ids]
            for table, rows in tables.items()
        }


def strangers_in(folder: Path) -> Strangers:
    """What somebody else did in a case's folder."""
    found = Strangers()
    with contextlib.suppress(FileNotFoundError):
        for line in (folder / "strangers.log").read_text("utf-8").splitlines():
            note = json.loads(line)
            found.paths.add(note["path"])
            found.gone.update([note["old"]] if note["old"] else [])
            found.new.update([note["new"]] if note["new"] else [])
    return found


# --- looks ----------------------------------------------------------------------------------------


def contents(folder: Path) -> Counter[str]:
    """Every photo and companion of a case by content, wherever it is: the album, any trash."""
    return Counter(
        _digest(path.read_bytes())
        for path in _files(folder)
        if path.relative_to(folder).parts[0] != "library"
    )


def tree(album: Path) -> Tree:
    """Every file of an album, with its content and time; of a trash inside it, none."""
    return {
        os.fsencode(path.relative_to(album)).hex(): (
            _digest(path.read_bytes()),
            path.stat().st_mtime_ns,
        )
        for path in _files(album)
    }


def _files(folder: Path) -> list[Path]:
    return [
        Path(directory, name)
        for directory, _, names in os.walk(folder)
        for name in names
        if not name.endswith((".json", ".log", ".trashinfo")) and not name.startswith("filler")
    ]


def stored(library: Path) -> dict[str, list[Any]]:
    """All tables of a library but the journal, row by row."""
    left_out = {"journal", "moves", "sqlite_sequence", "sqlite_stat1"}
    with contextlib.closing(sqlite3.connect(library / DATABASE_NAME)) as connection:
        connection.row_factory = sqlite3.Row
        names = [
            row["name"]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if row["name"] not in left_out and not row["name"].startswith("photo_names")
        ]
        return {
            name: sorted(
                (dict(row) for row in connection.execute(f"SELECT * FROM {name}")), key=repr
            )
            for name in names
        }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
