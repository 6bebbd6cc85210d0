"""Judgements go out to other programs and come back in, when asked to."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from core.domain import ColorLabel, Flag
from core.files import xmp
from core.files.xmp import XmpJudgement
from core.library.library import Library, open_library
from core.metadata_xmp import Naming, Place, read_in, write_out
from tests.core.curation.made_album import Shot, build


@pytest.fixture
def library(tmp_path: Path):  # type: ignore[no-untyped-def]
    with open_library(tmp_path / "library") as opened:
        yield opened


def judgement(library: Library, photo_id: int) -> tuple[int, Flag | None, ColorLabel | None]:
    row = library.queries.photo_rows([photo_id], "")[photo_id]
    return row.rating, row.flag, row.color


def newer(path: Path) -> None:
    os.utime(path, (time.time() + 60, time.time() + 60))


@pytest.mark.parametrize(("naming", "name"), [("full", "a.jpg.xmp"), ("stem", "a.xmp")])
def test_only_judged_photos_get_a_sidecar(
    library: Library, tmp_path: Path, naming: str, name: str
) -> None:
    album = tmp_path / "album"
    first, second = build(library, album, [Shot("a.jpg"), Shot("b.jpg")])
    library.writer.set_rating([first], 4).result()
    done = write_out(library, [first, second], naming=Naming(naming))
    assert done.changed == 1
    assert sorted(path.name for path in album.glob("*.xmp")) == [name]
    assert xmp.read(album / name).rating == 4


def test_a_sidecar_that_is_there_keeps_its_name(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    (photo,) = build(library, album, [Shot("a.jpg")])
    xmp.write(album / "a.xmp", XmpJudgement(rating=1))
    library.writer.set_flag([photo], Flag.PICK).result()
    write_out(library, [photo], naming=Naming.FULL)
    assert [path.name for path in album.glob("*.xmp")] == ["a.xmp"]
    assert xmp.read(album / "a.xmp").flag is Flag.PICK


def test_namesakes_do_not_share_a_sidecar(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    jpeg, png = build(library, album, [Shot("a.jpg"), Shot("a.png")])
    library.writer.set_rating([jpeg], 1).result()
    library.writer.set_rating([png], 5).result()
    write_out(library, [jpeg, png], naming=Naming.STEM)
    assert xmp.read(album / "a.jpg.xmp").rating == 1
    assert xmp.read(album / "a.png.xmp").rating == 5


def test_what_another_program_wrote_later_comes_in_and_can_be_undone(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    first, second = build(library, album, [Shot("a.jpg", rating=2), Shot("b.jpg")])
    said = XmpJudgement(5, Flag.PICK, True, ColorLabel.RED)
    xmp.write(album / "a.xmp", said)
    newer(album / "a.xmp")
    xmp.write(album / "b.jpg.xmp", XmpJudgement(flag=Flag.REJECT, flag_stated=True))
    done = read_in(library, [first, second])
    assert done.changed == 2
    assert judgement(library, first) == (5, Flag.PICK, ColorLabel.RED)
    assert judgement(library, second) == (0, Flag.REJECT, None)
    while library.writer.undo().result() is not None:
        pass
    assert judgement(library, first) == (0, None, None)


def test_what_is_older_than_the_judgement_here_does_not_count(
    library: Library, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    (photo,) = build(library, album, [Shot("a.jpg")])
    xmp.write(album / "a.xmp", XmpJudgement(rating=1))
    os.utime(album / "a.xmp", (1_600_000_000, 1_600_000_000))
    library.writer.set_rating([photo], 3).result()
    assert read_in(library, [photo]).changed == 0
    assert judgement(library, photo)[0] == 3


def test_a_failure_is_told(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    (photo,) = build(library, album, [Shot("a.jpg", rating=2)])
    (album / "a.xmp").write_bytes(b"junk")
    done = write_out(library, [photo], Place.SIDECAR)
    assert list(done.failed) == [album / "a.jpg"]
    assert (album / "a.xmp").read_bytes() == b"junk"
