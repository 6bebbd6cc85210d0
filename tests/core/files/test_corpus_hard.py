"""The hard files: each is read, or turned down with a fitting reason; none gets through as another.

The files lie beside the checkout and are only read; without them these tests are skipped.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from core.domain import Picture
from core.errors import PhotoTooLargeError, UnreadablePhotoError, UnsupportedFormatError
from core.files.decode import decode
from core.files.scan import IgnoreRules, walk

CUT_OFF = "the file is cut off: only part of the picture is there"
DAMAGED = "the picture's data is damaged"
UNREADABLE = {
    "F14/broken.png": CUT_OFF,
    "F14/truncated_image.png": CUT_OFF,
    "F14/truncated_jpeg.jpg": CUT_OFF,
    "F16/corrupt-header.jpg": CUT_OFF,
    "F16/truncated.jpg": CUT_OFF,
    "F16/truncated.png": CUT_OFF,
    "F17/corrupted.png": DAMAGED,
    "F17/empty.png": "this is not a picture",
    "F17/truncated.jpg": CUT_OFF,
    "F18/corrupted.heic": CUT_OFF,
    "F18/empty.heic": "the file is empty",
    "F18/truncated.heic": CUT_OFF,
    "F20/BlueSquare_truncated.jpg": CUT_OFF,
    "F20/image_invalid.jpg": "this is not a picture",
    "F23/16383x16383.png": "too large: 16383x16383 pixels",
    "F24/decompression_bomb.gif": "too large: 4364696535 pixels",
    "F55/badwidth.bmp": DAMAGED,
}
KINDS = {"F17/empty.png": UnsupportedFormatError, "F23/16383x16383.png": PhotoTooLargeError}


def _read(path: Path) -> tuple[Picture | None, UnreadablePhotoError | None]:
    try:
        return decode(path, 640), None
    except UnreadablePhotoError as error:
        return None, error


def test_every_hard_file_is_read_or_says_why(corpus: Path) -> None:
    hard = corpus / "hard"
    for path in sorted(path for path in hard.rglob("*") if path.is_file()):
        name = path.relative_to(hard).as_posix()
        picture, error = _read(path)
        assert UNREADABLE.get(name) == (str(error) if error else None), name
        if name in KINDS:
            assert isinstance(error, KINDS[name])
        if picture is not None:
            assert picture.pixels.dtype == np.uint8
            assert 1 <= max(picture.pixels.shape[:2]) <= 640
            full, seen = picture.metadata, picture.pixels
            ratio = full.width / full.height * seen.shape[0] / seen.shape[1]
            assert abs(ratio - 1) < 0.02 or min(seen.shape[:2]) < 20, name


def test_the_nine_orientations_are_one_picture(corpus: Path) -> None:
    pictures = [decode(corpus / "hard/F01" / f"Portrait_{i}.jpg", 300).pixels for i in range(9)]
    for pixels in pictures:
        # They differ in the digit printed in the middle and in JPEG noise.
        assert pixels.shape == (300, 200, 3)
        assert np.abs(pixels.astype(int) - pictures[1]).mean() < 4


def test_mode_l_with_orientation_equals_its_upright_copy(corpus: Path) -> None:
    first = decode(corpus / "hard/F57/portrait.jpg").pixels.astype(int)
    second = decode(corpus / "hard/F57/portrait-orientation-6.jpg").pixels.astype(int)
    assert np.abs(first - second).mean() < 4


def test_wide_gamut_heic_is_converted(corpus: Path) -> None:
    import io

    import pillow_heif
    from PIL import Image, ImageCms

    path = corpus / "hard/F31/IMG_5195.HEIC"
    pillow_heif.register_heif_opener()
    with Image.open(path) as image:
        image.load()
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        as_stored = np.asarray(image.reduce(8)).astype(int)
        converted = ImageCms.profileToProfile(
            image.reduce(8), profile, ImageCms.createProfile("sRGB")
        )
    ours = decode(path, max(as_stored.shape), exact=False).pixels.astype(int)
    ours = np.asarray(Image.fromarray(ours.astype(np.uint8)).resize(as_stored.shape[1::-1]))
    want = np.asarray(converted).astype(int)
    assert np.abs(want - as_stored).mean() > 0.5, "the profile must matter"
    assert np.abs(ours.astype(int) - want).mean() < np.abs(as_stored - want).mean()


def test_names_without_a_telling_extension_are_found(corpus: Path) -> None:
    found = {state.path.name for state in walk(corpus / "hard" / "F22", IgnoreRules())}
    assert found == {"image", "image .jpg", "image.jpg_23something"}


def test_dates_of_hard_files(corpus: Path) -> None:
    wanted = {
        "F43/date-priority-test.jpg": ("exif", datetime(2023, 2, 2, 2, 0)),
        "F43/mongolels.jpg": ("exif", datetime(2009, 8, 29, 13, 18, 8)),
        "F41/ukbench08976.jpg": ("mtime", None),
        "F41/ukbench09268.jpg": ("exif", datetime(2006, 1, 31, 16, 22, 50)),
    }
    for name, (source, taken) in wanted.items():
        metadata = decode(corpus / "hard" / name, 64).metadata
        assert metadata.taken_source == source, name
        if taken is not None:
            assert metadata.taken_at is not None
            assert metadata.taken_at.replace(microsecond=0) == taken


@pytest.mark.parametrize("name", ["P01", "P03", "P10"])
def test_portraits_are_all_found_and_read(corpus: Path, name: str) -> None:
    states = list(walk(corpus / "portraits" / name, IgnoreRules()))
    assert states
    for state in states:
        assert decode(state.path, 200).pixels.size
