"""Who is who in the whole library: faces to people, in the background, kept in the library.

People that there are keep their faces; what is new joins the person it is most like, or makes a new
one with others like it. The user's word (a name, "not this person") is never overruled.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import numpy as np

from core.errors import LibraryError
from core.grouping.items import MIN_FACE_AREA
from core.grouping.people import SAME_PERSON, StoppedError, link
from core.library import people_queries, people_writes
from core.library.library import Library
from core.library.people_queries import ToldFace
from core.library.people_rows import FacePlace
from core.library.people_writes import Found

log = logging.getLogger(__name__)

MOST_LOOSE = 20_000
"""Faces without a person that are looked at together, the largest first: 80 MB of descriptors."""

LEAST_PHOTOS = 2
"""A face seen once is nobody yet."""


def identify(
    library: Library,
    threshold: float = SAME_PERSON,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Find people among the faces of the library; gives how many faces were given to people.

    Raises:
        StoppedError: ``stopped`` said so; nothing was stored.
        LibraryError: the library can't be written.
    """
    told, stale = people_queries.told_faces(library.queries, MIN_FACE_AREA)
    names = {person.id: person.name for person in people_queries.everybody(library.queries)}
    found = cluster(told, stale, names, threshold, stopped)
    if not (found.known or found.fresh or found.merged or found.stale):
        return 0
    return library.writer.submit(lambda c: people_writes.save_found(c, found)).result()


def cluster(
    told: list[ToldFace],
    stale: list[int],
    names: dict[int, str],
    threshold: float = SAME_PERSON,
    stopped: Callable[[], bool] = lambda: False,
) -> Found:
    """What `identify` would store: a pure function of what is known of all faces."""
    members: dict[int, list[ToldFace]] = {}
    loose: list[ToldFace] = []
    for face in told:
        if face.person is not None:
            members.setdefault(face.person, []).append(face)
        elif face.descriptor is not None:
            loose.append(face)
    loose.sort(key=lambda face: -face.place.box.area)
    loose = loose[:MOST_LOOSE]
    persons = [p for p, held in members.items() if any(f.descriptor is not None for f in held)]
    number = {person: at for at, person in enumerate(persons)}
    if not loose and len(persons) < 2:
        return Found({}, [], {}, stale)
    vectors = [
        np.sum([f.descriptor for f in members[p] if f.descriptor is not None], axis=0)
        for p in persons
    ] + [face.descriptor for face in loose]
    sizes = [sum(f.descriptor is not None for f in members[p]) for p in persons]
    photos = [{f.place.photo_id for f in members[p]} for p in persons]
    photos += [{face.place.photo_id} for face in loose]
    merged = link(
        np.stack(vectors).astype(np.float32),
        np.asarray(sizes + [1] * len(loose)),
        photos,
        _apart(members, loose, number, names),
        threshold,
        stopped,
    )
    return _found(merged, persons, loose, names, stale)


def _apart(
    members: dict[int, list[ToldFace]],
    loose: list[ToldFace],
    number: dict[int, int],
    names: dict[int, str],
) -> dict[int, set[int]]:
    """Clusters that must not join: what the user said no to, and people whom the user told
    apart by names or by moving faces."""
    apart: dict[int, set[int]] = {}

    def bar(first: int, second: int) -> None:
        if first != second:
            apart.setdefault(first, set()).add(second)
            apart.setdefault(second, set()).add(first)

    said = [
        person
        for person in number
        if names.get(person) or any(face.by_user for face in members[person])
    ]
    for person in said:
        for other in said:
            bar(number[person], number[other])
    for person, held in members.items():
        for face in held:
            for other in face.not_people & number.keys():
                if person in number:
                    bar(number[person], number[other])
    for at, face in enumerate(loose, start=len(number)):
        for other in face.not_people & number.keys():
            bar(at, number[other])
    return apart


def _found(
    merged: list[list[int]],
    persons: list[int],
    loose: list[ToldFace],
    names: dict[int, str],
    stale: list[int],
) -> Found:
    known: dict[int, list[FacePlace]] = {}
    fresh: list[list[FacePlace]] = []
    into: dict[int, int] = {}
    for group in merged:
        held = [persons[i] for i in group if i < len(persons)]
        faces = [loose[i - len(persons)].place for i in group if i >= len(persons)]
        if held:
            # The named one stays, else the one that has been there longest.
            first = min(held, key=lambda person: (not names.get(person), person))
            into |= {person: first for person in held if person != first}
            if faces:
                known[first] = faces
        elif len({face.photo_id for face in faces}) >= LEAST_PHOTOS:
            fresh.append(faces)
    return Found(known, fresh, into, stale)


class PeopleLoop:
    """One thread that finds people whenever there are new faces and nothing more urgent.

    Args:
        library: the open library.
        may_run: asked first; ``False`` while photos are being analyzed.
        prepare_thread: called first on the thread (to lower its priority).
        settle_s: seconds of quiet to wait for after a change.
    """

    def __init__(
        self,
        library: Library,
        may_run: Callable[[], bool] = lambda: True,
        prepare_thread: Callable[[], None] = lambda: None,
        settle_s: float = 2.0,
    ) -> None:
        self._library = library
        self._may_run = may_run
        self._prepare_thread = prepare_thread
        self._settle_s = settle_s
        self._condition = threading.Condition()
        self._awake = True
        self._closed = False
        self._stamp: tuple[int, ...] | None = None
        self._thread = threading.Thread(target=self._run, name="albumen-people")

    def start(self) -> None:
        """Begin; runs until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a clustering in hand is dropped."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """There may be new faces."""
        with self._condition:
            self._awake = True
            self._condition.notify_all()

    def _run(self) -> None:
        self._prepare_thread()
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._awake or self._closed)
                while not self._closed and (self._awake or not self._may_run()):
                    self._awake = False
                    self._condition.wait(self._settle_s)
                if self._closed:
                    return
            try:
                stamp = people_queries.faces_stamp(self._library.queries)
                if stamp != self._stamp:
                    identify(self._library, stopped=lambda: self._closed)
                    self._stamp = people_queries.faces_stamp(self._library.queries)
            except StoppedError:
                return
            except LibraryError as error:
                log.warning("people are not told apart: %s", error)
            except Exception:
                log.exception("telling people apart failed")
