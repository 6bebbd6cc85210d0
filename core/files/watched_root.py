"""One watched folder: what to pass over in it, and how it is watched at present."""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass
from pathlib import Path

from watchdog.observers.api import ObservedWatch

from core.files.formats import extension, has_photo_extension, worth_sniffing
from core.files.poll import PolledFolder
from core.files.scan import NO_MEDIA, IgnoreRules
from core.paths import display_name


class WatchMode(enum.StrEnum):
    """How a folder is watched."""

    NATIVE = "native"  # the system tells of changes
    POLLING = "polling"  # looked at again and again
    OFFLINE = "offline"  # not there at present


@dataclass(slots=True)
class WatchedRoot:
    """A folder to watch and how that is done at present.

    Attributes:
        identity: device and inode of the folder that is being watched; ``None`` while it is away.
        next_look, next_rescan: times on the watcher's clock.
        limited: the system refused to watch it natively.
    """

    path: Path
    rules: IgnoreRules
    watch: ObservedWatch | None = None
    polled: PolledFolder | None = None
    identity: tuple[int, int] | None = None
    next_look: float = 0.0
    next_rescan: float = 0.0
    limited: bool = False

    @property
    def mode(self) -> WatchMode:
        """How it is watched now."""
        if self.identity is None:
            return WatchMode.OFFLINE
        return WatchMode.NATIVE if self.polled is None else WatchMode.POLLING

    def contains(self, path: Path) -> bool:
        """True for the folder itself and all below it."""
        return path == self.path or self.path in path.parents

    def cares(self, path: Path, *, folder: bool) -> bool:
        """True if a change of this path may be a change of a photo that a scan would find, or of
        what other programs say of it."""
        if not folder and not (
            has_photo_extension(path.name)
            or worth_sniffing(path.name)
            or extension(path.name) == "xmp"
        ):
            return False
        return not self.rules.ignores(path, self.path, folder=folder) and not self._marked(path)

    def _marked(self, path: Path) -> bool:
        """True if a folder between this one and the path holds a `.nomedia`."""
        return any(
            os.path.lexists(folder / NO_MEDIA)
            for folder in (path, *path.parents)
            if folder != self.path and self.path in folder.parents
        )

    def identity_now(self) -> tuple[int, int] | None:
        """(device, inode) if the folder can be listed; a drive that comes or goes changes it."""
        try:
            with os.scandir(self.path):
                state = os.stat(self.path)
        except (OSError, ValueError):
            return None
        return state.st_dev, state.st_ino

    def network_note(self, poll_s: float) -> str:
        """For the user: why this folder is polled."""
        return (
            f"“{self._name}” is on a network drive, which does not announce changes: "
            f"it is checked about every {poll_s:.0f} seconds."
        )

    def limit_note(self, poll_s: float) -> str:
        """For the user: why this folder is polled, and what would help."""
        return (
            "The system's limit of watched folders is reached, so "
            f"“{self._name}” is checked about every {poll_s:.0f} seconds instead. "
            "An administrator can raise fs.inotify.max_user_watches and "
            "fs.inotify.max_user_instances."
        )

    @property
    def _name(self) -> str:
        return display_name(self.path.name or self.path)
