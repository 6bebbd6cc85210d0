"""`albumen forget-faces` and the button for it: everything about faces is erased, for good."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.library.face_forgetting import forget_in_copies
from core.library.library import Library


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, and how many names and places of faces stay because the user gave them;
    ``left`` are copies of the library that could not be written."""

    faces: int
    people: int
    kept_names: int
    kept_places: int
    left: tuple[Path, ...]


def erase_faces(library: Library, *, people: bool = False) -> Erased:
    """Erase boxes, descriptors, groups of faces and all else that was derived from faces.

    Scores, stars and flags stay. Faces of photos that are scored from now on are found again.
    Without ``people`` the names stay that the user gave, and where the faces are of which the user
    said who they are: places in photos, by which nobody can be found again elsewhere.

    Args:
        people: also the names that the user gave, who is who, and the journal of that.

    Raises:
        LibraryError: the library can't be written.
    """
    forgotten = library.writer.forget_faces(people).result()
    library.writer.compact().result()
    left = forget_in_copies(library.path, people)
    return Erased(
        forgotten.faces,
        forgotten.people,
        forgotten.kept_names,
        forgotten.kept_places,
        tuple(left),
    )
