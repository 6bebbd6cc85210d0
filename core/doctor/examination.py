"""The round of all checks, each repaired (if asked for) before the next one looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core.doctor.database import check_database
from core.doctor.finding import Finding
from core.doctor.photos import check_photos
from core.doctor.surroundings import (
    check_models,
    check_privacy,
    check_space,
    check_watching,
    check_workers,
)
from core.doctor.thumbnails import check_thumbnails
from core.errors import LibraryError
from core.library.database import DATABASE_NAME
from core.library.presence import Presence

NOBODY_ELSE = "Albumen is at work on this library in another window; close it to repair anything."


@dataclass(frozen=True, slots=True)
class Examination:
    """All findings of one round."""

    library: Path
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Nothing is wrong (any more)."""
        return all(finding.ok or finding.repaired for finding in self.findings)


def examine(directory: Path, *, repair: bool = False) -> Examination:
    """Check the library in ``directory`` and what it needs around it.

    Without ``repair`` nothing is written.

    Raises:
        LibraryError: it should be repaired, and another program is at work on it.
    """
    findings = []
    with _alone(directory, repair):
        for check in _checks(directory):
            finding = check(directory)
            if repair and finding.mend is not None:
                finding = replace(finding, text=finding.mend(), repaired=True)
            findings.append(finding)
    return Examination(directory, tuple(findings))


def _checks(directory: Path) -> Iterator[Callable[[Path], Finding]]:
    """The checks in order; those that ask the database only once it can be asked."""
    yield check_database
    usable = (directory / DATABASE_NAME).exists() and check_database(directory).ok
    if usable:
        yield check_photos
        yield check_thumbnails
        yield check_watching
    yield check_models
    yield check_workers
    yield check_space
    yield check_privacy


@contextmanager
def _alone(directory: Path, repair: bool) -> Iterator[None]:
    """Keep other programs from beginning work on the library while it is repaired."""
    if not repair or not directory.is_dir():
        yield
        return
    presence = Presence(directory)
    try:
        if not presence.first:
            raise LibraryError(NOBODY_ELSE)
        yield
    finally:
        presence.release()
