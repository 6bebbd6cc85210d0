"""What is said of a picture is said of all its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain import ColorLabel, FileState, Flag
from core.library.file_writes import FileChanges
from core.library.library import Library, open_library

NAMES = (
    "a.jpg", "A.NEF", "b.jpg", "b.png", "b.cr2", "c.dng", "d.jpg", "d-2.jpg", "d.e.jpg", "d.e.arw",
    "f.jpg", "g.nef",
)  # fmt: skip


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def add(library: Library, folder: Path, names: tuple[str, ...] = NAMES) -> dict[str, int]:
    states = [FileState(folder / n, 10 + k, 1, k + 1, 1) for k, n in enumerate(names)]
    album = library.writer.add_album(folder).result()
    ids = library.writer.apply_files(FileChanges(album.id, new=states)).result()
    return dict(zip(names, ids, strict=True))


def rated(library: Library, ids: dict[str, int]) -> set[str]:
    rows = library.queries.photo_rows(list(ids.values()), "")
    return {name for name, photo_id in ids.items() if rows[photo_id].rating == 4}


@pytest.mark.parametrize(
    ("one", "all_of_them"),
    [
        ("d.e.jpg", {"d.e.jpg", "d.e.arw"}),
        ("d.e.arw", {"d.e.jpg", "d.e.arw"}),
        ("b.jpg", {"b.jpg", "b.cr2"}),  # the raw file is the JPEG's, not the PNG's
        ("b.png", {"b.png"}),
        ("b.cr2", {"b.jpg", "b.cr2"}),
        ("c.dng", {"c.dng"}),
        ("d.jpg", {"d.jpg"}),
    ],
)
def test_stars_go_to_all_files_of_a_picture(
    library: Library, tmp_path: Path, one: str, all_of_them: set[str]
) -> None:
    ids = add(library, tmp_path / "album")
    library.writer.set_rating([ids[one]], 4).result()
    assert rated(library, ids) == all_of_them
    library.writer.undo().result()
    assert rated(library, ids) == set()


def test_flags_and_colours_do_too_and_other_folders_are_left_alone(
    library: Library, tmp_path: Path
) -> None:
    here = add(library, tmp_path / "here")
    there = add(library, tmp_path / "there")
    library.writer.set_flag([here["d.e.arw"]], Flag.REJECT).result()
    library.writer.set_color([here["d.e.jpg"]], ColorLabel.RED).result()
    rows = library.queries.photo_rows([*here.values(), *there.values()], "")
    assert {rows[here[n]].flag for n in ("d.e.jpg", "d.e.arw")} == {Flag.REJECT}
    assert {rows[here[n]].color for n in ("d.e.jpg", "d.e.arw")} == {ColorLabel.RED}
    assert all(rows[i].flag is None and rows[i].color is None for i in there.values())


def test_many_at_once_find_their_partners_as_one_does(library: Library, tmp_path: Path) -> None:
    names = tuple(f"{n:04}.jpg" for n in range(400)) + tuple(
        f"{n:04}.nef" for n in range(0, 400, 3)
    )
    ids = add(library, tmp_path / "album", names)
    library.writer.set_rating([ids[f"{n:04}.jpg"] for n in range(300)], 4).result()
    wanted = {f"{n:04}.jpg" for n in range(300)} | {f"{n:04}.nef" for n in range(0, 300, 3)}
    assert rated(library, ids) == wanted


def test_the_case_of_an_extension_does_not_count(library: Library, tmp_path: Path) -> None:
    ids = add(library, tmp_path / "album", ("x.jpg", "x.NEF"))
    library.writer.set_rating([ids["x.jpg"]], 4).result()
    assert rated(library, ids) == {"x.jpg", "x.NEF"}
