"""Keep the best, thousands of times, with real accidents: nothing is lost, undo restores all.

Each case makes a random album with a library, previews, and carries the plan out in a process of
its own, to which something happens at a random moment: it is killed (SIGKILL), its disk fills up,
its disk becomes read-only, or somebody else changes, removes or adds a file. Then it is checked
that N stay in every group, that no pick went, and that every file is there exactly once; and, after
an undo in which the process may be killed again, that paths, bytes, times and database are what
they were. Disks that can be filled or made read-only want root, who may mount them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.curation import moving
from core.curation.apply import apply
from core.curation.places import CurationError
from core.curation.plan import preview
from core.curation.undo import history, recover, undo
from core.domain import Flag
from core.errors import LibraryError
from core.library.library import open_library
from core.library.writer import Writer
from tests.benchmarks.never_regret_albums import (
    DISK_KINDS,
    KINDS,
    Case,
    contents,
    make_case,
    stored,
    strangers_in,
    tree,
)
from tests.benchmarks.report import print_json, scratch
from tests.core.curation.made_album import MODEL, build
from tests.mounts import Disk, NoMountError

TICKS = frozenset({"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir"})


@dataclass
class Tally:
    """What happened in all cases, and every promise that was broken."""

    cases: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


# --- in the process to which it happens -----------------------------------------------------------


def ticking(at: int, accident: Callable[[], None]) -> None:
    """Have the accident before the ``at``-th step that touches the disk or the library."""
    count, busy = 0, False

    def tick() -> None:
        nonlocal count, busy
        if busy:
            return
        count += 1
        if count == at:
            busy = True
            accident()
            busy = False

    real_rename, real_submit = moving._rename_without_replacing, Writer.submit

    def rename(source: Path, target: Path) -> None:
        tick()
        real_rename(source, target)
        tick()

    def submit(self: Writer, write: Any, **more: Any) -> Any:
        tick()
        return real_submit(self, write, **more)

    moving._rename_without_replacing = rename
    Writer.submit = submit  # type: ignore[method-assign]
    sys.addaudithook(lambda name, _: tick() if name in TICKS else None)


def die() -> None:
    """As by ``kill -9``."""
    os.kill(os.getpid(), signal.SIGKILL)


def carry_out(case: Case, disk: Disk | None, begun: Callable[[], None]) -> dict[str, Any]:
    """Preview, note what was promised, and apply while the accident happens."""
    library = open_library(case.library)
    plan = preview(library, MODEL, case.n, case.by, folder=case.album)
    promised = {
        "groups": [
            [os.fspath(choice.item.lead.path) for choice in group.choices] for group in plan.groups
        ],
        "rejects": [os.fspath(file.path) for reject in plan.rejects for file in reject.files],
    }
    (case.folder / "promised.json").write_text(json.dumps(promised), "utf-8")
    accident = {
        "killed": die,
        "disk full": lambda: disk.fill() if disk else None,
        "read-only": lambda: disk.set_read_only(True) if disk else None,
        "changed": lambda: case.change(promised["rejects"]),
        "gone": lambda: case.remove(),
        "in the way": lambda: case.add(promised["rejects"]),
    }.get(case.kind)
    if accident is not None:
        ticking(case.at, accident)
    begun()
    try:
        done = apply(library, plan, case.rejects)
    except (LibraryError, CurationError, OSError) as error:
        return {"error": str(error)}  # the program goes on or is started anew: it is mended then
    library.close()
    return {"moved": done.moved, "left": len(done.left_alone)}


def take_back(case: Case, at: int) -> dict[str, Any]:
    """Start anew: mend what was cut short, else undo; killed before the ``at``-th step (0: not)."""
    library = open_library(case.library)
    if at:
        ticking(at, die)
    left = [one.reason for done in recover(library) for one in done.unrestored]
    for entry in history(library):
        if entry.kind == "curation" and entry.undoable:
            left += [one.reason for one in undo(library, entry.id).unrestored]
    library.close()
    return {"left": left}


def in_process(
    home: Path,
    work: Callable[[Callable[[], None]], dict[str, Any]],
    *,
    kill_after: float | None = None,
) -> dict[str, Any] | None:
    """What ``work`` gives in a process of its own; ``None`` if it was killed.

    ``home`` holds the trash. ``kill_after`` kills it so many seconds after it called what it is
    given.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            home.mkdir(
                parents=True, exist_ok=True
            )  # on the album's own disk, so that its trash is here
            os.environ["HOME"] = os.environ["XDG_DATA_HOME"] = os.fspath(home)
            os.fsync = lambda descriptor: None  # type: ignore[assignment] # no power cuts here
            with os.fdopen(writing, "w", encoding="utf-8", buffering=1) as out:
                out.write(json.dumps(work(lambda: print("begun", file=out))) + "\n")
            code = 0
        except BaseException:  # noqa: BLE001 - told, and the parent stops
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answers:
        line = answers.readline()
        if line == "begun\n":
            if kill_after is not None:
                time.sleep(kill_after)
                os.kill(child, signal.SIGKILL)
            line = answers.readline()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    if status != 0:
        raise RuntimeError("a case failed for a reason of its own, see above")
    return dict(json.loads(line))


# --- checking -------------------------------------------------------------------------------------


def check_applied(case: Case, before: Counter[str]) -> Iterator[str]:
    """What must hold after the accident, whatever it was."""
    promised = json.loads((case.folder / "promised.json").read_text("utf-8"))
    touched = strangers_in(case.folder)
    lost = (before - touched.gone) - contents(case.folder)
    twice = contents(case.folder) - before - touched.new
    if lost:
        yield f"{len(lost)} files are lost"
    if twice:
        yield f"{len(twice)} files are there twice"
    for paths in promised["groups"]:
        there = sum(os.path.lexists(path) or path in touched.paths for path in paths)
        if there < min(case.n, len(paths)):
            yield f"a group of {len(paths)} keeps {there}, not {case.n}"
    for shot in case.shots:
        path = case.album / shot.name
        picked = shot.flag is Flag.PICK or (shot.rating and shot.flag is not Flag.REJECT)
        if picked and not path.exists() and os.fspath(path) not in touched.paths:
            yield f"a pick went: {shot.name}"


def run_case(seed: int, root: Path, template: Path, disk: Disk | None, tally: Tally) -> None:
    """One album with one accident."""
    case = make_case(seed, root, None if disk is None else disk.point)
    shutil.copytree(template, case.library)
    home = case.folder / "home"
    in_process(home, lambda _: _built(case))
    files, known, before = tree(case.album), stored(case.library), contents(case.folder)
    rng = random.Random(seed)
    kill_after = rng.uniform(0, 0.03) if case.kind == "killed by the clock" else None
    applied = in_process(home, lambda begun: carry_out(case, disk, begun), kill_after=kill_after)
    if disk is not None:
        disk.set_read_only(False)
        disk.drain()
    if applied is not None:
        (case.folder / "applied.json").write_text(json.dumps(applied), "utf-8")
    tally.kinds[case.kind] += 1
    tally.cases += 1
    tally.events[_event(case, applied)] += 1
    wrong = list(check_applied(case, before))
    for _ in range(rng.choice([0, 0, 1, 2])):
        if in_process(home, lambda _: take_back(case, rng.randint(1, 30))) is None:
            tally.events["killed while undoing"] += 1
    left = in_process(home, lambda _: take_back(case, 0))
    if left and left["left"]:
        tally.events["blocked by a stranger's file, undone after it went"] += 1
        case.remove_strangers()
        left = in_process(home, lambda _: take_back(case, 0))
    touched = strangers_in(case.folder)
    if left and left["left"]:
        wrong.append(f"not taken back: {left['left'][0]}")
    case.remove_strangers()
    if touched.without(tree(case.album), case.album) != touched.without(files, case.album):
        wrong.append("paths, bytes or times differ after the undo")
    if touched.rows(stored(case.library)) != touched.rows(known):
        wrong.append("the database differs after the undo")
    tally.broken += [f"case {seed} ({case.kind}, {case.rejects}): {what}" for what in wrong]
    shutil.rmtree(case.folder)
    shutil.rmtree(case.library, ignore_errors=True)


def _built(case: Case) -> dict[str, Any]:
    with open_library(case.library) as library:
        build(library, case.album, case.shots)
        case.add_companions()
    return {}


def _event(case: Case, applied: dict[str, Any] | None) -> str:
    if applied is None:
        return "killed while applying"
    if "error" in applied:
        return f"refused or stopped ({case.kind})"
    if applied["left"]:
        return f"in part ({case.kind})"
    return "moved all" if applied["moved"] else "flagged or nothing to do"


# --- all cases ------------------------------------------------------------------------------------


def run_cases(count: int, first_seed: int, root: Path, *, patience_s: float = 1e9) -> Tally:
    """Run cases in ``root`` (quick in memory); those that want a disk of their own are run where
    one can be mounted."""
    tally = Tally()
    template = root / "template"
    in_process(root, lambda _: _template(template))
    started = time.monotonic()
    with _disk(root / "disk") as disk:
        for seed in range(first_seed, first_seed + count):
            if time.monotonic() - started > patience_s:
                break
            own = KINDS[random.Random(seed).randrange(len(KINDS))] in DISK_KINDS
            if own and disk is None:
                tally.events["left out: no disk can be mounted here"] += 1
                continue
            run_case(seed, root, template, disk if own else None, tally)
    return tally


def _template(path: Path) -> dict[str, Any]:
    open_library(path).close()
    return {}


@contextmanager
def _disk(point: Path) -> Iterator[Disk | None]:
    try:
        disk = Disk.mount(point, megabytes=24)
    except NoMountError:
        yield None
        return
    try:
        yield disk
    finally:
        disk.unmount()


def main() -> None:
    """Run many cases and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="the first case's; others count up")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after so long")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with scratch() as folder:
        tally = run_cases(options.cases, options.seed, folder, patience_s=60 * options.minutes)
    figures = {
        "cases": tally.cases,
        "kinds": dict(sorted(tally.kinds.items())),
        "events": dict(sorted(tally.events.items())),
        "broken": tally.broken,
    }
    if options.json:
        print_json(figures)
    else:
        for name, value in figures.items():
            print(f"{name}: {value}")
    sys.exit(1 if tally.broken else 0)


if __name__ == "__main__":
    main()
