"""kill -9 at random moments of scanning, curating, creating, migrating: what was confirmed stays.

Each cycle starts the program's own parts in a process (open, mend, scan, rate, keep the best and
take that back), kills it at a random moment, and checks what is on the disk. An action counts as
confirmed once its call has returned in the process that was killed. The score comes from a
stand-in for the network; all else is real.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import select
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# All that the killed processes need is imported before they are forked: they start at once.
import alembic.autogenerate
import alembic.command
import PIL.JpegImagePlugin

from core.curation.apply import Rejects, apply
from core.curation.plan import preview
from core.curation.undo import history, recover, undo
from core.domain import ColorLabel, Flag, PhotoQuery, Status
from core.grouping.groups import Grouping
from core.indexer import Indexer
from core.library.database import DATABASE_NAME
from core.library.library import Library, open_library
from core.logs import start_logging
from tests.benchmarks.kill9_migration import kill_while_migrating, make_library
from tests.benchmarks.report import print_json, scratch
from tests.quick import MODEL, QuickAnalyzer, TinyPhotos

assert alembic.autogenerate
assert alembic.command
assert PIL.JpegImagePlugin

NEW_PHOTOS = 6
"""Photos that come into the album in each cycle, so that there is always something to scan."""

START_PATIENCE_S = 30.0

CREATE_EVERY = 5
"""Every so many cycles a library is killed while it is made, in a folder of its own, and another
while it is migrated to a newer schema."""


@dataclass
class Ledger:
    """What was confirmed, and what was asked for and may or may not have been done."""

    confirmed: int = 0
    lost: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    judged: dict[tuple[str, int], Any] = field(default_factory=dict)
    open: dict[tuple[str, int], list[Any]] = field(default_factory=dict)
    curations: dict[int, str] = field(default_factory=dict)

    def add(self, other: Ledger) -> None:
        """Count in what another one holds."""
        self.confirmed += other.confirmed
        self.lost += other.lost
        self.broken += other.broken

    def take(self, line: dict[str, Any]) -> None:
        """Note a line that the killed process wrote."""
        kind = line["what"]
        if kind == "curation":
            if line["done"]:
                self.confirmed += 1
                if line["id"] is not None:
                    self.curations[line["id"]] = line["state"]
            else:
                self.curations.pop(line["id"], None)  # an undo that may or may not be done
            return
        key = kind, line["id"]
        if line["done"]:
            self.confirmed += 1
            self.judged[key] = line["value"]
            self.open.pop(key, None)
        else:
            self.open.setdefault(key, []).append(line["value"])


# --- the process that is killed -------------------------------------------------------------------


def work(
    library_path: Path, album: Path, seed: int, tell: Callable[[dict[str, Any]], None]
) -> None:
    """Open, mend, scan and act until killed."""
    choose = random.Random(seed)
    library = open_library(library_path)
    recover(library)
    library.writer.add_album(album).result()
    indexer = Indexer(library, QuickAnalyzer, model_id=MODEL, workers=2)  # type: ignore[arg-type]
    indexer.start()
    indexer.scan(album)
    while True:
        _act(library, choose, tell)


def _act(library: Library, choose: random.Random, tell: Callable[[dict[str, Any]], None]) -> None:
    ids = [int(i) for i in library.queries.photo_ids(PhotoQuery(MODEL))]
    if not ids:
        return
    chance = choose.random()
    photo = choose.choice(ids)
    writer = library.writer
    if chance < 0.6:
        stars = choose.randint(0, 5)
        tell({"what": "rating", "id": photo, "value": stars, "done": False})
        writer.set_rating([photo], stars).result()
        tell({"what": "rating", "id": photo, "value": stars, "done": True})
    elif chance < 0.7:
        color = choose.choice([None, *ColorLabel])
        tell({"what": "color", "id": photo, "value": color, "done": False})
        writer.set_color([photo], color).result()
        tell({"what": "color", "id": photo, "value": color, "done": True})
    elif chance < 0.8:
        even = [i for i in ids if i % 2 == 0]  # curation flags the odd ones
        if even:
            photo, flag = choose.choice(even), choose.choice([None, *Flag])
            tell({"what": "flag", "id": photo, "value": flag, "done": False})
            writer.set_flag([photo], flag).result()
            tell({"what": "flag", "id": photo, "value": flag, "done": True})
    elif chance < 0.92:
        _keep_best(library, choose, tell)
    else:
        done = [e for e in history(library) if e.kind == "curation" and not e.undone]
        if done:
            entry = choose.choice(done).id
            tell({"what": "curation", "id": entry, "done": False})
            undo(library, entry)
            tell({"what": "curation", "id": entry, "state": "undone", "done": True})


def _keep_best(
    library: Library, choose: random.Random, tell: Callable[[dict[str, Any]], None]
) -> None:
    scored = library.queries.photo_ids(PhotoQuery(MODEL, statuses=frozenset({Status.SCORED})))
    odd = [int(i) for i in scored if i % 2]
    chosen = choose.sample(odd, min(len(odd), 6))
    if len(chosen) < 4:
        return
    plan = preview(library, MODEL, 2, Grouping.ALBUM, ids=chosen)
    tell({"what": "curation", "id": None, "done": False})
    applied = apply(library, plan, Rejects.MOVE)
    tell({"what": "curation", "id": applied.journal_id, "state": "applied", "done": True})


# --- the checks after it --------------------------------------------------------------------------


def check(library_path: Path, ledger: Ledger) -> None:
    """Look at the files as they are, then open the library as the next start would."""
    for name in (DATABASE_NAME, "thumbnails.db"):
        path = library_path / name
        if path.exists():
            with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
                found = connection.execute("PRAGMA integrity_check").fetchall()
                found += connection.execute("PRAGMA foreign_key_check").fetchall()
                if found != [("ok",)]:
                    ledger.broken.append(f"{name}: {found[:3]}")
                if name == DATABASE_NAME:
                    _check_judgements(connection, ledger)
    with open_library(library_path) as library:
        for note in library.notes:
            ledger.broken.append(note)
        for mended in recover(library):
            ledger.broken += [f"not restored: {left}" for left in mended.unrestored]
    if (library_path / DATABASE_NAME).exists():
        with contextlib.closing(sqlite3.connect(library_path / DATABASE_NAME)) as connection:
            _check_curations(connection, ledger)


def _check_judgements(connection: sqlite3.Connection, ledger: Ledger) -> None:
    if not ledger.judged and not ledger.open:
        return
    stored = {
        row[0]: dict(zip(("rating", "color", "flag"), row[1:], strict=True))
        for row in connection.execute("SELECT photo_id, rating, color, flag FROM judgements")
    }
    blank = {"rating": 0, "color": None, "flag": None}
    for key in ledger.judged.keys() | ledger.open.keys():
        kind, photo = key
        now = stored.get(photo, blank)[kind]
        allowed = [ledger.judged.get(key, blank[kind]), *ledger.open.get(key, [])]
        if now not in allowed:
            ledger.lost.append(f"{kind} of photo {photo} is {now}, not one of {allowed}")
        ledger.judged[key] = now  # whichever it was, now it stands
    ledger.open.clear()


def _check_curations(connection: sqlite3.Connection, ledger: Ledger) -> None:
    """No half state: every entry is applied or undone, every file in exactly one place."""
    states = {}
    for number, after in connection.execute(
        "SELECT id, after FROM journal WHERE kind = 'curation'"
    ):
        states[number] = json.loads(after)["state"]
        if states[number] not in ("applied", "undone"):
            ledger.broken.append(f"curation {number} is left {states[number]}")
    for number, state in ledger.curations.items():
        if states.get(number) != state:
            ledger.lost.append(f"curation {number} is {states.get(number)}, not {state}")
    newest: dict[bytes, tuple[str, bytes]] = {}
    for source, target, state in connection.execute(
        "SELECT source, target, state FROM moves ORDER BY id"
    ):
        newest[source] = state, target
    for source, (state, target) in newest.items():
        here, there = os.path.lexists(source), os.path.lexists(target)
        if (state == "done") == here or (state == "done") != there:
            ledger.broken.append(f"{source!r}: {state}, here {here}, among rejects {there}")


def check_photos(album: Path, made: set[str], ledger: Ledger) -> None:
    """Every photo ever made is there once, wherever it lies, and nothing else is."""
    found: dict[str, list[str]] = {}
    for folder, _, names in os.walk(album):
        for name in names:
            found.setdefault(digest(Path(folder, name)), []).append(f"{Path(folder).name}/{name}")
    for content in made - found.keys():
        ledger.lost.append(f"a photo is gone: {content}")
        made.discard(content)
    for content, places in found.items():
        if content not in made or len(places) > 1:
            ledger.broken.append(f"too much on the disk: {places}")
            made.add(content)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- cycles ---------------------------------------------------------------------------------------


def run(cycles: int, seed: int, folder: Path, report: Callable[[str], None]) -> dict[str, int]:
    """So many kills; what they cost."""
    choose = random.Random(seed)
    tiny = TinyPhotos()
    ledger = Ledger()
    album, library = folder / "album", folder / "library"
    made = {digest(path) for path in tiny.album(album / "begin", 40)}
    before = make_library(folder)
    for cycle in range(cycles):
        if cycle % CREATE_EVERY == 1:
            delay = choose.uniform(0, 1.2 * before.takes_s)
            state, wrong = kill_while_migrating(before, folder, delay)
            ledger.broken += wrong
            report(f"{cycle + 1}: killed {delay:.3f} s after migrating began: the {state} one")
            continue
        creating = cycle % CREATE_EVERY == CREATE_EVERY - 1
        acting = cycle % 4 != 0  # the others may be killed before they have opened the library
        delay = choose.uniform(0, 0.4 if creating else 2.0)
        if creating:
            own, place = Ledger(), folder / f"created-{cycle}"
            new = {digest(path) for path in tiny.album(place / "album", 10)}
            kill_after(delay, place / "library", place / "album", choose.random(), own, False)
            check(place / "library", own)
            check_photos(place / "album", new, own)
            ledger.add(own)
            shutil.rmtree(place)
            report(f"{cycle + 1}: killed {delay:.3f} s after creating")
            continue
        paths = [tiny.save(album / f"day-{cycle:03}" / f"{n}.jpg") for n in range(NEW_PHOTOS)]
        made |= {digest(path) for path in paths}
        confirmed = ledger.confirmed
        kill_after(delay, library, album, choose.random(), ledger, acting)
        check(library, ledger)
        check_photos(album, made, ledger)
        report(f"{cycle + 1}: killed after {delay:.3f} s, {ledger.confirmed - confirmed} confirmed")
    for trouble in (*ledger.lost, *ledger.broken):
        report(trouble)
    return {
        "cycles": cycles,
        "actions_confirmed": ledger.confirmed,
        "actions_lost": len(ledger.lost),
        "integrity_errors": len(ledger.broken),
    }


def kill_after(
    delay: float, library: Path, album: Path, seed: float, ledger: Ledger, acting: bool
) -> None:
    """Run `work` in a process, kill it, and read what it had confirmed until then.

    The time runs from the start, or with ``acting`` from the process' first action.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        try:
            work(library, album, int(seed * 2**32), lambda line: _tell(writing, line))
        finally:
            traceback.print_exc()
            os._exit(1)
    os.close(writing)
    if acting:
        select.select([reading], [], [], START_PATIENCE_S)
    said = b"".join(_read_until(reading, time.monotonic() + delay))
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    said += b"".join(_read_until(reading, None))
    os.close(reading)
    if not os.WIFSIGNALED(status):
        ledger.broken.append(f"the program ended by itself with {status}")
    for line in said.splitlines():
        ledger.take(json.loads(line))


def _tell(pipe: int, line: dict[str, Any]) -> None:
    os.write(pipe, json.dumps(line).encode() + b"\n")  # short enough to be written whole


def _read_until(pipe: int, end: float | None) -> Iterator[bytes]:
    """What comes until a time, or until the other side is closed."""
    while True:
        wait = None if end is None else max(0.0, end - time.monotonic())
        if not select.select([pipe], [], [], wait)[0]:
            return
        read = os.read(pipe, 1 << 16)
        if not read:
            return
        yield read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    parser.add_argument("--cycles", type=int, default=100, help="kills")
    parser.add_argument("--seed", type=int, default=9)
    options = parser.parse_args()
    with scratch() as folder:
        start_logging(folder / "log")
        result = run(
            options.cycles, options.seed, folder, lambda line: print(line, file=sys.stderr)
        )
    if options.json:
        print_json(result)
    else:
        for name, value in result.items():
            print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
