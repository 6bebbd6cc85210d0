"""Files that belong to a photo without being one: sidecars, motion clips, voice notes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from core.files.formats import extension, has_photo_extension

_BESIDE_STEM = (
    "xmp aae thm vrd nks nksc pp3 dop cos on1 onphoto arp json mov mp4 m4v mp wav m4a lrv"
)
_AFTER_NAME = "xmp pp3 dop on1 json vrd cos arp out.pp3 supplemental-metadata.json"

BESIDE_STEM = frozenset(_BESIDE_STEM.split())
"""Extensions of ``IMG_1.<extension>`` beside ``IMG_1.jpg``: sidecars in the naming of Lightroom and
Capture One, Apple's and Canon's edits, and the clip of a motion photo or a spoken note."""

AFTER_NAME = frozenset(_AFTER_NAME.split())
"""What follows the whole name, as in ``IMG_1.jpg.xmp`` (darktable, digiKam, RawTherapee, DxO)."""


def _stem(name: str) -> str:
    """The name without its last extension, in one case."""
    front, dot, _ = name.rpartition(".")
    return (front if dot and front else name).casefold()


def companions(names: Collection[str], listing: Iterable[str]) -> list[str]:
    """Names out of a folder's ``listing`` that go wherever the photos ``names`` go.

    ``names`` are the photos of one item in that folder (a JPEG and its raw file, say). A file
    named after the stem alone belongs to every photo of that stem, so it goes along only if
    ``names`` are all of them.
    """
    everything = list(listing)
    own = {name.casefold() for name in names}
    stems = {_stem(name) for name in names}
    shared = {
        _stem(name)
        for name in everything
        if name.casefold() not in own and has_photo_extension(name) and _stem(name) in stems
    }
    found = []
    for name in everything:
        folded = name.casefold()
        if folded in own:
            continue
        beside = _stem(name) in stems - shared and extension(name) in BESIDE_STEM
        if beside or any(
            _follows(folded, photo) or _is_duplicate_sidecar(folded, photo) for photo in own
        ):
            found.append(name)
        elif folded in stems - shared and extension(name) in BESIDE_STEM:
            found.append(name)  # PXL_1.MP beside PXL_1.MP.jpg
    return sorted(found)


def _follows(name: str, photo: str) -> bool:
    return name.startswith(photo + ".") and name[len(photo) + 1 :] in AFTER_NAME


def _is_duplicate_sidecar(name: str, photo: str) -> bool:
    """Whether this is darktable's ``IMG_1_02.CR2.xmp``, the second edit of ``IMG_1.CR2``."""
    stem, dot, ending = photo.rpartition(".")
    pattern = rf"{re.escape(stem)}_\d\d{re.escape(dot + ending)}\.xmp"
    return bool(dot) and re.fullmatch(pattern, name) is not None
