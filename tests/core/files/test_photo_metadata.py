"""When and how a photo was taken, out of what its file says."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files.decode import decode
from core.files.exif import Exif, parse_exif
from core.files.metadata import date_in_name, read_metadata
from core.files.source import open_photo
from tests.photos import exif_block, jpeg_bytes, quadrants

NOW = datetime(2026, 6, 1, 12, 0)
MTIME = datetime(2020, 1, 2, 3, 4, 5).timestamp()


def taken(
    exif: bytes = b"", name: str = "a.jpg", mtime: float | None = MTIME
) -> tuple[datetime | None, str | None]:
    facts = read_metadata(
        format="jpeg", size=(3, 2), exif=parse_exif(exif), name=name, mtime=mtime, now=NOW
    )
    return facts.taken_at, facts.taken_source


def test_dates_are_believed_in_the_stated_order() -> None:
    dates = {
        "DateTimeOriginal": "2011:01:01 10:00:00",
        "DateTimeDigitized": "2012:02:02 10:00:00",
        "DateTime": "2013:03:03 10:00:00",
    }
    name = "IMG_20140404_101112.jpg"
    assert taken(exif_block(**dates), name) == (datetime(2011, 1, 1, 10), "exif")
    del dates["DateTimeOriginal"]
    assert taken(exif_block(**dates), name) == (datetime(2012, 2, 2, 10), "exif")
    del dates["DateTimeDigitized"]
    assert taken(exif_block(**dates), name) == (datetime(2013, 3, 3, 10), "exif")
    assert taken(b"", name) == (datetime(2014, 4, 4, 10, 11, 12), "name")
    assert taken() == (datetime(2020, 1, 2, 3, 4, 5), "mtime")


@pytest.mark.parametrize(
    "nonsense",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2097:01:01 00:00:00",
        "2011:13:45 99:00:00",
        "0001:01:01 00:00:00",
        "yesterday",
        "",
    ],
)
def test_nonsense_dates_give_way_to_the_next_source(nonsense: str) -> None:
    exif = exif_block(DateTimeOriginal=nonsense, DateTime="2013:03:03 10:00:00")
    assert taken(exif) == (datetime(2013, 3, 3, 10), "exif")
    assert taken(exif_block(DateTimeOriginal=nonsense))[1] == "mtime"


def test_future_file_times_are_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg_bytes(quadrants()))
    os.utime(path, (datetime(2097, 1, 1).timestamp(),) * 2)
    assert decode(path).metadata.taken_at is None
    assert taken(mtime=1e18) == (None, None)
    assert taken(mtime=None) == (None, None)


def test_camera_clock_is_not_shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert taken(exif_block(DateTimeOriginal="2011:01:01 23:59:60")) == (
            datetime(2011, 1, 1, 23, 59, 59),
            "exif",
        )
    monkeypatch.undo()
    time.tzset()


def test_fractions_of_a_second_order_a_burst() -> None:
    block = exif_block(DateTimeOriginal="2011:01:01 10:00:00", SubsecTimeOriginal="25")
    assert taken(block)[0] == datetime(2011, 1, 1, 10, 0, 0, 250_000)


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("IMG_20190501_123456.jpg", datetime(2019, 5, 1, 12, 34, 56)),
        ("PXL_20201231_235959123.MP.jpg", datetime(2020, 12, 31, 23, 59, 59, 123_000)),
        ("2019-05-01 12.34.56.jpg", datetime(2019, 5, 1, 12, 34, 56)),
        ("Screenshot_2019-05-01-12-34-56.png", datetime(2019, 5, 1, 12, 34, 56)),
        ("IMG-20190501-WA0001.jpg", datetime(2019, 5, 1)),
        ("Photo 2019-05-01 at 12.34.jpg", datetime(2019, 5, 1, 12, 34)),
        ("DSC_1234.jpg", None),
        ("1920x1080.jpg", None),
        ("20191301_000000.jpg", None),
        ("12019050112.jpg", None),
    ],
)
def test_dates_in_names(name: str, date: datetime | None) -> None:
    assert date_in_name(name) == date


def test_how_it_was_taken() -> None:
    from PIL import Image
    from PIL.ExifTags import IFD, Base

    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "NIKON CORPORATION", "NIKON D90"
    inner = exif.get_ifd(IFD.Exif)
    inner[Base.LensModel], inner[Base.ISOSpeedRatings] = "50mm f/1.8", 400
    inner[Base.ExposureTime], inner[Base.FNumber] = 0.004, 2.8
    inner[Base.FocalLength] = 50.0
    inner[Base.ExposureBiasValue], inner[Base.ExposureMode] = -2 / 3, 2
    facts = read_metadata(
        format="jpeg", size=(6, 4), exif=parse_exif(exif.tobytes()), name="a", mtime=None
    )
    assert facts.camera == "NIKON D90"
    assert facts.lens == "50mm f/1.8"
    assert facts.iso == 400
    assert facts.exposure_s == pytest.approx(1 / 250)
    assert facts.aperture == pytest.approx(2.8)
    assert facts.focal_mm == pytest.approx(50)
    assert facts.exposure_bias == pytest.approx(-2 / 3, abs=0.01)
    assert facts.auto_bracket


def test_size_is_that_of_the_upright_photo() -> None:
    exif = parse_exif(exif_block(6))
    facts = read_metadata(format="jpeg", size=(600, 400), exif=exif, name="a", mtime=None)
    assert (facts.width, facts.height, facts.orientation) == (400, 600, 6)


@given(st.binary(max_size=400), st.booleans())
def test_exif_reader_never_raises(block: bytes, header: bool) -> None:
    start = b"Exif\0\0II*\0\x08\0\0\0" if header else b""
    exif = parse_exif(start + block)
    assert 1 <= exif.orientation <= 8
    read_metadata(format="jpeg", size=(1, 1), exif=exif, name="a", mtime=0.0)


@given(st.data())
def test_exif_reader_survives_flipped_bytes(data: st.DataObject) -> None:
    block = bytearray(exif_block(6, DateTimeOriginal="2011:01:01 10:00:00", Make="Made"))
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    exif = parse_exif(bytes(block))
    assert isinstance(exif, Exif)
    assert 1 <= exif.orientation <= 8


def test_open_file_tells_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(jpeg_bytes(quadrants()))
    with open_photo(path) as source:
        assert source.kind == "jpeg"
        assert not source.changed()
        path.write_bytes(b"shorter")
        assert source.changed()
