"""Tells which known photo a file is, so that history follows it wherever it goes.

Two kinds of evidence: the very same file (inode, device, size and time) under another name, and
the same content under another name while nothing is left at the old one. A file that still stands
at its own place is never taken for another, so a copy is a photo of its own.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from core.domain import Album, FileState
from core.files.identity import fingerprint
from core.library.file_queries import KnownFile
from core.library.library import Library
from core.library.schema import now
from core.moves import Replaced
from core.standing import Identity, differ_by_case, identity, names, stands, state_at

log = logging.getLogger(__name__)

SAVED_ANEW = timedelta(minutes=10)
"""A file with other content that appears at a missing photo's place so soon was saved by deleting
and writing; later it is another photo (cameras use their names again)."""


@dataclass(slots=True)
class Recognized:
    """Files sorted by what they are.

    ``unaltered`` are photos among ``changed`` and ``moved`` whose content is as known;
    ``displaced`` are photos gone long ago whose place a new photo has taken; ``aliases`` files
    that are in the library already, seen through another path (a folder reached in two ways);
    ``passing`` photos whose file was seen on its way, and is back by now; ``replaced`` the
    files, as known, whose place among ``changed`` another file has taken.
    """

    new: list[FileState] = field(default_factory=list)
    changed: list[tuple[int, FileState]] = field(default_factory=list)
    moved: list[tuple[int, FileState]] = field(default_factory=list)
    displaced: list[int] = field(default_factory=list)
    aliases: list[tuple[FileState, Path]] = field(default_factory=list)
    unaltered: set[int] = field(default_factory=set)
    passing: set[int] = field(default_factory=set)
    replaced: list[KnownFile] = field(default_factory=list)


def recognize(
    library: Library,
    fresh: Sequence[FileState],
    changed: Sequence[tuple[int, FileState]],
    *,
    seen: Container[str],
    missing: Collection[int],
    origins: Mapping[Path, Path] | None = None,
    replaced: Mapping[Identity, Replaced] | None = None,
) -> Recognized:
    """Sort files that are not where (or as) the index knows them.

    Args:
        fresh: files at places where no photo is known.
        changed: files at a known photo's place, in another state than known.
        seen: all places that were just looked at and hold a file.
        missing: which of ``changed`` were missing until now.
        origins: for places of files that were seen to move, where the index knows them from.
        replaced: files whose place another was seen to take a moment ago.
    """
    return _Recognition(library, seen, missing, origins or {}, replaced or {}).run(fresh, changed)


class _Recognition:
    def __init__(
        self,
        library: Library,
        seen: Container[str],
        missing: Collection[int],
        origins: Mapping[Path, Path],
        replaced: Mapping[Identity, Replaced],
    ) -> None:
        self._library = library
        self._seen = seen
        self._missing = missing
        self._origins = origins
        self._replaced = replaced
        self._known: dict[int, KnownFile] = {}
        self._by_inode: dict[tuple[str, str], list[KnownFile]] = {}
        self._absent: dict[int, list[KnownFile]] = {}
        self._claimed: set[int] = set()
        self._albums = {found.id: found for found in library.queries.albums()}
        self._albums_there: dict[int, bool] = {}
        self._found = Recognized()

    def run(
        self, fresh: Sequence[FileState], changed: Sequence[tuple[int, FileState]]
    ) -> Recognized:
        """The same files first, as the surer evidence; then what stands at a known place; then
        content."""
        queries = self._library.queries
        fresh, changed = self._without_ghosts(fresh, changed)
        self._by_inode = queries.lookalikes([*fresh, *(state for _, state in changed)])
        changed = [pair for pair in changed if not self._is_moved_file(pair[1], pair[0])]
        waiting = [state for state in fresh if not self._is_moved_file(state, None)]
        self._follow_moves()
        taken = {state.path for _, state in self._found.moved}
        changed = [pair for pair in changed if pair[1].path not in taken]
        waiting = [state for state in waiting if state.path not in taken]
        self._known = queries.files_by_id([photo_id for photo_id, _ in changed])
        for photo_id, state in changed:
            if photo_id in self._claimed:
                waiting.append(state)  # the photo moved on: what stands here now is another
            elif self._is_unaltered(photo_id, state):
                self._found.unaltered.add(photo_id)
                self._found.changed.append((photo_id, state))
            elif self._was_replaced(state, photo_id):
                continue
            elif self._is_another_photo(photo_id):
                self._found.displaced.append(photo_id)
                waiting.append(state)
            else:
                self._found.changed.append((photo_id, state))
                known = self._known.get(photo_id)
                if known is not None and known.inode != str(state.inode):
                    self._found.replaced.append(known)
        by_size = queries.files_of_sizes({state.size for state in waiting})
        for state in waiting:
            if self._is_moved_file(state, None) or self._was_replaced(state, None):
                continue  # it came here since that was last asked
            alias = self._alias_of(state)
            if alias is not None:
                self._found.aliases.append((state, alias.path))
            elif not self._is_moved_content(state, by_size):
                self._found.new.append(state)
        return self._found

    def _without_ghosts(
        self, fresh: Sequence[FileState], changed: Sequence[tuple[int, FileState]]
    ) -> tuple[Sequence[FileState], Sequence[tuple[int, FileState]]]:
        """Leave out places that files had left by the time they were seen again elsewhere."""
        times_seen = Counter(map(identity, [*fresh, *(state for _, state in changed)]))
        if len(times_seen) == len(fresh) + len(changed):
            return fresh, changed

        def is_ghost(state: FileState) -> bool:
            return times_seen[identity(state)] > 1 and not stands(state)

        places = [*fresh, *(state for _, state in changed)]
        standing = {
            identity(state): state
            for state in places
            if times_seen[identity(state)] > 1 and not is_ghost(state)
        }
        for photo_id, state in changed:
            here = standing.get(identity(state)) if is_ghost(state) else None
            if here is not None:
                self._claim_id(photo_id, here)
                del standing[identity(state)]
        taken = {state.path for _, state in self._found.moved}
        return (
            [state for state in fresh if state.path not in taken and not is_ghost(state)],
            [p for p in changed if p[1].path not in taken and not is_ghost(p[1])],
        )

    def _claim(self, known: KnownFile, state: FileState) -> bool:
        return self._claim_id(known.id, state)

    def _claim_id(self, photo_id: int, state: FileState) -> bool:
        self._claimed.add(photo_id)
        self._found.moved.append((photo_id, state))
        return True

    # --- the same file ---------------------------------------------------------------------------

    def _lookalikes(self, state: FileState) -> list[KnownFile]:
        """Known photos that had this very file when they were last seen, the likeliest first.

        A file that was seen on its way may have got a second row. What the user made decides
        then, or else where it was seen last.
        """
        found = self._by_inode.get((str(state.inode), str(state.device)), [])
        alike = [
            known
            for known in found
            if (known.size, known.mtime_ns) == (state.size, state.mtime_ns)
            and known.id not in self._claimed
        ]
        if len(alike) < 2:
            return alike
        judged = self._library.queries.judged(known.id for known in alike)
        return sorted(alike, key=lambda known: (known.id not in judged, known.missing, -known.id))

    def _is_moved_file(self, state: FileState, own_id: int | None) -> bool:
        """Whether this is a known photo's file, on its way if not at its new place."""
        standing: list[KnownFile] = []
        for known in self._lookalikes(state):
            if known.id == own_id:
                return False
            if not stands(known) or self._is_respelled(known, state):
                return self._claim(known, state)
            standing.append(known)
        if not standing or stands(state):
            return False
        # It was here when the folder was listed, and went (back) to where the index knows it.
        self._found.passing.update(known.id for known in standing)
        return True

    def _follow_moves(self) -> None:
        """Let photos whose files are nowhere as they are known go where they were seen to go."""
        taken = {state.path for _, state in self._found.moved}
        states = {
            place: state
            for place in self._origins
            if place not in taken and (state := state_at(place)) is not None
        }
        if not states:
            return
        known = self._library.queries.files_at([*states, *map(self._origins.__getitem__, states)])
        alike = self._library.queries.lookalikes(states.values())
        for place, state in states.items():
            photo, here = known.get(self._origins[place]), known.get(place)
            if photo is None or photo.missing or photo.id in self._claimed or stands(photo):
                continue
            if here is not None and here.id not in self._claimed and stands(here):
                continue
            others = alike.get((str(state.inode), str(state.device)), [])
            if all(other.id == photo.id or identity(other) != identity(state) for other in others):
                self._claim(photo, state)

    def _was_replaced(self, state: FileState, own_id: int | None) -> bool:
        """Whether this very file was taken for saved over, and had only moved on.

        Its photo goes with it, unless the user has judged what took its place; that one is a
        photo of its own then.
        """
        replaced = self._replaced.get(identity(state))
        if replaced is None or replaced.photo_id in self._claimed or replaced.photo_id == own_id:
            return False
        queries = self._library.queries
        known = queries.files_by_id([replaced.photo_id]).get(replaced.photo_id)
        judged_at = queries.judged_at(replaced.photo_id)
        if known is None or (judged_at is not None and judged_at > replaced.at):
            return False
        if not stands(state):
            return False
        other = state_at(known.path)
        if other is not None and identity(other) == identity(known):
            self._found.new.append(other)
        return self._claim(known, state)

    def _is_respelled(self, known: KnownFile, state: FileState) -> bool:
        """Whether only the case of the name changed, where the file system does not tell."""
        return (
            differ_by_case(known.path, state.path)
            and str(known.path) not in self._seen
            and names(state.path) == 1
        )

    def _alias_of(self, state: FileState) -> KnownFile | None:
        """A known photo that is this very file, which has one name only, by another path."""
        for known in self._lookalikes(state):
            if not known.missing and known.album_id is not None and stands(known):
                return known if names(state.path) == 1 else None
        return None

    # --- the same content ------------------------------------------------------------------------

    def _is_moved_content(self, state: FileState, by_size: dict[int, list[KnownFile]]) -> bool:
        """Whether a known photo with this content left an empty place (moved across disks)."""
        if state.size == 0:
            return False
        if state.size not in self._absent:
            self._absent[state.size] = [
                known for known in by_size.get(state.size, []) if not os.path.lexists(known.path)
            ]
        candidates = [
            known
            for known in self._absent[state.size]
            if known.id not in self._claimed and self._may_have_come(known, state)
        ]
        if not candidates:
            return False
        try:
            content = fingerprint(state.path)
        except OSError:
            return False  # it is new, and whatever is wrong with it will show when it is read
        same = next((known for known in candidates if known.fingerprint == content), None)
        if same is None:
            return False
        self._found.unaltered.add(same.id)
        return self._claim(same, state)

    def _may_have_come(self, known: KnownFile, state: FileState) -> bool:
        """Whether a photo may have left its place for this one.

        While its drive is away it has left nothing, and this may be a copy; unless it is the
        drive itself at another mount point, where everything is in the same place below it.
        """
        home = self._albums.get(known.album_id) if known.album_id is not None else None
        if home is None or self._is_album_there(home):
            return True
        if known.mtime_ns != state.mtime_ns:
            return False
        place = known.path.relative_to(home.path) if home.path in known.path.parents else None
        return known.inode == str(state.inode) or any(
            album.path in state.path.parents and state.path.relative_to(album.path) == place
            for album in self._albums.values()
        )

    def _is_album_there(self, album: Album) -> bool:
        if album.id not in self._albums_there:
            self._albums_there[album.id] = is_there(album)
        return self._albums_there[album.id]

    # --- what stands at a known place ------------------------------------------------------------

    def _is_unaltered(self, photo_id: int, state: FileState) -> bool:
        """Whether only the file's time changed, or its place in the disk's own table."""
        known = self._known.get(photo_id)
        if known is None or known.fingerprint is None or known.size != state.size:
            return False
        try:
            return fingerprint(state.path) == known.fingerprint
        except OSError:
            return False

    def _is_another_photo(self, photo_id: int) -> bool:
        """Whether a file with other content than known is another photo, not an edited one."""
        known = self._known.get(photo_id)
        if photo_id not in self._missing or known is None or known.fingerprint is None:
            return False
        return known.missing_since is not None and now() - known.missing_since > SAVED_ANEW


def is_there(album: Album) -> bool:
    """Whether an album's folder can be listed and is not the empty mount point of its drive."""
    try:
        with os.scandir(album.path) as entries:
            empty = next(entries, None) is None
    except OSError as error:
        log.warning("an album's folder can't be read: %s", error.strerror)
        return False
    # An empty folder where photos were is a mount point whose drive is away, not a purge.
    return not (empty and album.photo_count > 0)
