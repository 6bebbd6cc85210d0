"""When a photo was taken: its camera says, else its name, else its file's time; never a crash."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from core.domain import Photo
from core.library.library import Library
from tests.core.faults.indexed import photos, scan
from tests.making import picture
from tests.photos import exif_block, jpeg_bytes


@pytest.fixture
def taken(library: Library, tmp_path: Path) -> dict[str, Photo]:
    """Photos with every kind of date, indexed."""
    from PIL import Image

    album = tmp_path / "album"
    album.mkdir()
    image = Image.fromarray(picture(1))
    times = {
        "exif.jpg": "2019:07:14 23:59:58",
        "IMG_20200102_030405.jpg": None,
        "zero.jpg": "0000:00:00 00:00:00",
        "blank.jpg": "    :  :     :  :  ",
        "nonsense.jpg": "yesterday",
        "future.jpg": None,
    }
    for name, time in times.items():
        options = {} if time is None else {"exif": exif_block(DateTimeOriginal=time)}
        (album / name).write_bytes(jpeg_bytes(image, **options))
        os.utime(album / name, (1_500_000_000, 1_500_000_000))
    far = datetime(2097, 5, 6, 7, 8, 9).timestamp()
    os.utime(album / "future.jpg", (far, far))
    scan(library, album)
    return photos(library)


def test_the_camera_says_it_first_without_any_shift(taken: dict[str, Photo]) -> None:
    """B80: the camera's own clock, whatever time zone this computer is in."""
    metadata = taken["exif.jpg"].metadata
    assert metadata is not None
    assert (metadata.taken_at, metadata.taken_source) == (
        datetime(2019, 7, 14, 23, 59, 58),
        "exif",
    )


def test_a_name_with_a_date_comes_second(taken: dict[str, Photo]) -> None:
    """B80."""
    metadata = taken["IMG_20200102_030405.jpg"].metadata
    assert metadata is not None
    assert (metadata.taken_at, metadata.taken_source) == (datetime(2020, 1, 2, 3, 4, 5), "name")


@pytest.mark.parametrize("name", ["zero.jpg", "blank.jpg", "nonsense.jpg"])
def test_dates_that_are_none_fall_back_to_the_files_time(
    taken: dict[str, Photo], name: str
) -> None:
    """B80: 0000:00:00 and its kind."""
    metadata = taken[name].metadata
    assert metadata is not None
    assert metadata.taken_source == "mtime"
    assert metadata.taken_at == datetime.fromtimestamp(1_500_000_000)


def test_a_file_from_the_future_is_shown_like_any_other(
    library: Library, taken: dict[str, Photo]
) -> None:
    """B80: touch -d 2097."""
    from core.domain import PhotoQuery, SortKey
    from tests.quick import MODEL

    assert taken["future.jpg"].score is not None
    ids = library.queries.photo_ids(PhotoQuery(MODEL, sort=SortKey.TAKEN))
    assert len(ids) == 6


def test_copied_files_do_not_become_todays(library: Library, tmp_path: Path) -> None:
    """B80: a copy without its time keeps the date that its camera wrote."""
    import shutil

    from PIL import Image

    album = tmp_path / "album"
    album.mkdir()
    block = exif_block(DateTimeOriginal="2001:02:03 04:05:06")
    (album / "a.jpg").write_bytes(jpeg_bytes(Image.fromarray(picture(2)), exif=block))
    shutil.copyfile(album / "a.jpg", album / "b.jpg")
    scan(library, album)
    dates = {photo.metadata.taken_at for photo in photos(library).values() if photo.metadata}
    assert dates == {datetime(2001, 2, 3, 4, 5, 6)}
