"""What went wrong, as a report that may be passed on: no photos, and no folders."""

from __future__ import annotations

import faulthandler
import logging
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from core.logs import LOG_NAME, without_folders
from core.versions import VERSION, versions

log = logging.getLogger(__name__)

FATAL_NAME = "fatal.txt"
LOG_LINES = 30
_LOG_TAIL_BYTES = 16_000


@dataclass(frozen=True, slots=True)
class Crash:
    """A fault of ours. ``place`` (file, line and kind) tells one from another."""

    summary: str
    trace: str
    place: str


def crash_of(error: BaseException) -> Crash:
    """The crash that an exception is."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    kind = type(error).__name__
    trace = "".join(traceback.format_exception(error))
    return Crash(
        summary=without_folders("".join(traceback.format_exception_only(error))).strip(),
        trace=without_folders(trace).strip(),
        place=f"{kind} {where}",
    )


def report_text(crash: Crash | None, log_directory: Path) -> str:
    """A report for whoever can help: the fault, versions, and the end of the log.

    Without a crash it says how things stand.
    """
    now = datetime.now(UTC)
    lines = [f"Albumen {VERSION}, {now:%Y-%m-%d %H:%M} UTC", ""]
    lines += [crash.trace if crash is not None else "No fault is known.", "", "Versions"]
    lines += [f"  {name}: {version or '-'}" for name, version in versions().items()]
    lines += ["", "The end of the log"]
    lines += [f"  {line}" for line in _log_end(log_directory)] or ["  (empty)"]
    return "\n".join(lines) + "\n"


def _log_end(directory: Path) -> list[str]:
    try:
        with (directory / LOG_NAME).open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - _LOG_TAIL_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    return without_folders(text).splitlines()[-LOG_LINES:]


class FatalWatch:
    """Leaves a trace of every thread where the process itself dies, as in a native library.

    ``last`` is what an earlier run left behind, if it died.
    """

    def __init__(self, directory: Path) -> None:
        self.last: Crash | None = None
        self._stream: TextIO | None = None
        file = directory / FATAL_NAME
        try:
            directory.mkdir(parents=True, exist_ok=True)
            left = file.read_text("utf-8", "replace") if file.exists() else ""
            if left.strip():
                self.last = _fatal_crash(left)
                log.error("an earlier run died\n%s", left)
            self._stream = file.open("w", encoding="utf-8")
        except OSError as error:
            log.warning("no watch for fatal faults: %s", error)
            return
        faulthandler.enable(self._stream, all_threads=True)

    def stop(self) -> None:
        """Watch no more; the process is about to end well."""
        if self._stream is not None:
            faulthandler.disable()
            self._stream.close()
            self._stream = None


def _fatal_crash(left: str) -> Crash:
    trace = without_folders(left).strip()
    summary = trace.partition("\n")[0]
    return Crash(summary=summary, trace=trace, place=summary)
