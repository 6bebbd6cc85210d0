"""Every photo is shown upright and in its true colours, whatever its format says or hides."""

from __future__ import annotations

import io
import logging
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.files.decode import decode
from tests.photos import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    close,
    corners,
    exif_block,
    jpeg_bytes,
    primaries_profile,
    quadrants,
    save_dng,
    stored,
)

UPRIGHT = [RED, GREEN, BLUE, YELLOW]
ORIENTATIONS = range(9)
FORMATS = ("jpg", "png", "webp", "tif", "heic", "avif", "jxl")


def save(path: Path, image: Image.Image, **options: object) -> Path:
    if path.suffix == ".heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    elif path.suffix == ".jxl":
        import pillow_jxl  # noqa: F401 - registers itself
    if path.suffix not in (".tif", ".gif", ".bmp"):
        options.setdefault("quality", 95)
    image.save(path, **options)
    return path


@pytest.mark.parametrize("extension", FORMATS)
def test_all_orientations_look_alike(tmp_path: Path, extension: str) -> None:
    for orientation in ORIENTATIONS:
        path = save(
            tmp_path / f"{orientation}.{extension}",
            stored(quadrants(), orientation),
            exif=exif_block(orientation),
        )
        picture = decode(path)
        assert close(corners(picture.pixels), UPRIGHT, 25), orientation
        assert picture.pixels.shape == (80, 120, 3)
        assert (picture.metadata.width, picture.metadata.height) == (120, 80)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("max_side", [16, 50, 60, 1000, None])
def test_turning_and_shrinking_go_together(
    tmp_path: Path, orientation: int, max_side: int | None
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_bytes(stored(quadrants(), orientation), exif=exif_block(orientation)))
    picture = decode(path, max_side)
    assert close(corners(picture.pixels), UPRIGHT, 25)
    assert max(picture.pixels.shape) == min(max_side or 120, 120)
    assert (picture.metadata.width, picture.metadata.height) == (120, 80)


def test_heic_is_not_turned_twice(corpus: Path) -> None:
    for name in ("IMG_5195.HEIC", "HMD_Nokia_8.3_5G.heif", "iphone_13_pro_max.HEIC"):
        picture = decode(corpus / "hard" / "F31" / name, 256)
        assert picture.metadata.height > picture.metadata.width
        assert picture.pixels.shape[0] == 256


def test_repacked_jpeg_in_jpeg_xl_is_turned_once(tmp_path: Path) -> None:
    jpeg = tmp_path / "photo.jpg"
    jpeg.write_bytes(jpeg_bytes(stored(quadrants(), 6), exif=exif_block(6)))
    with Image.open(jpeg) as image:
        picture = decode(save(tmp_path / "photo.jxl", image, lossless_jpeg=True))
    assert close(corners(picture.pixels), UPRIGHT, 25)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_raw_shows_its_preview_upright(tmp_path: Path, orientation: int) -> None:
    preview = stored(quadrants(1200, 900), orientation)
    size = (640, 480) if orientation in (1, 3) else (480, 640)
    picture = decode(save_dng(tmp_path / "photo.dng", preview, orientation, size), 600)
    assert close(corners(picture.pixels), UPRIGHT, 25)
    assert picture.pixels.shape == (450, 600, 3)
    assert (picture.metadata.width, picture.metadata.height) == (640, 480)
    assert picture.metadata.format == "dng"
    assert picture.metadata.camera == "Made Up One"


def test_raw_preview_that_is_upright_already_stays(tmp_path: Path) -> None:
    picture = decode(save_dng(tmp_path / "photo.dng", quadrants(900, 1200), 6, (640, 480)))
    assert close(corners(picture.pixels), UPRIGHT, 25)
    assert picture.pixels.shape == (1200, 900, 3)


def test_raw_without_preview_is_developed(tmp_path: Path) -> None:
    picture = decode(save_dng(tmp_path / "photo.dng", None, 6))
    assert picture.pixels.shape == (320, 240, 3)
    assert (picture.metadata.width, picture.metadata.height) == (480, 640)


def test_raw_is_told_by_content(tmp_path: Path) -> None:
    assert decode(save_dng(tmp_path / "photo.jpg", quadrants(900, 600))).metadata.format == "dng"


def test_odd_exif_costs_neither_picture_nor_more_than_a_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = exif_block(6)
    blocks = {
        "cut": good[:20],
        "garbage": b"Exif\0\0" + bytes(range(200)),
        "empty": b"Exif\0\0",
        "huge offset": b"Exif\0\0MM\0*\xff\xff\xff\xf0",
        "bad orientation": exif_block(99),
    }
    for name, block in blocks.items():
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(jpeg_bytes(quadrants(), exif=block))
        caplog.clear()
        with caplog.at_level(logging.INFO, "core.files"):
            picture = decode(path)
        assert close(corners(picture.pixels), UPRIGHT, 25), name
        assert len(caplog.records) <= 1, name


def test_exif_header_written_twice_still_counts(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_bytes(stored(quadrants(), 6), exif=b"Exif\0\0" + exif_block(6)))
    assert close(corners(decode(path).pixels), UPRIGHT, 25)


def test_wide_profile_is_converted_not_dropped(tmp_path: Path) -> None:
    icc = primaries_profile(1.25, 0.9)
    image = Image.new("RGB", (40, 40), (150, 60, 60))
    expected = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB")
    )
    assert expected is not None
    want = np.asarray(expected)[20, 20]
    assert not close(want, (150, 60, 60), 12), "the profile must matter for the test to"
    for extension in ("jpg", "png", "webp", "tif"):
        path = save(tmp_path / f"p.{extension}", image, icc_profile=icc)
        assert close(decode(path).pixels[20, 20], want, 6), extension
        assert close(decode(path, 20).pixels[10, 10], want, 6), extension


def test_broken_or_foreign_profiles_are_ignored(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for icc in (b"nonsense" * 40, lab):
        path = save(tmp_path / "p.jpg", quadrants(), icc_profile=icc)
        assert close(corners(decode(path).pixels), UPRIGHT, 25)


def test_cmyk_looks_like_its_rgb_copy(tmp_path: Path, corpus: Path) -> None:
    rgb = decode(save(tmp_path / "rgb.jpg", quadrants())).pixels
    cmyk = decode(save(tmp_path / "cmyk.jpg", quadrants().convert("CMYK"))).pixels
    assert close(corners(rgb), corners(cmyk), 12)
    name = "F03/Giunchedi_2C_Filippo_January_2015_01"
    real = decode(corpus / "hard" / f"{name}.jpg").pixels.astype(int)
    copy = decode(corpus / "hard" / f"{name}-cmyk.jpg").pixels.astype(int)
    assert np.abs(real - copy).mean() < 2


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, 20, 40))
    palette = clear.convert("RGB").quantize(4)
    gray = clear.convert("LA")
    for name, image, red in (
        ("rgba.png", clear, (255, 0, 0)),
        ("gray.png", gray, (76, 76, 76)),
        ("clear.webp", clear, (255, 0, 0)),
    ):
        pixels = decode(save(tmp_path / name, image, lossless=True)).pixels
        assert close(pixels[20, 5], red, 3), name
        assert close(pixels[20, 35], 255, 3), name
    black = palette.getpixel((35, 20))
    pixels = decode(save(tmp_path / "palette.png", palette, transparency=black)).pixels
    assert close(pixels[20, 35], 255)


def test_deep_and_shallow_samples_are_scaled(tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 64, dtype=np.float64)[None, :].repeat(8, 0)
    images = {
        "deep.png": Image.fromarray((ramp * 65535).astype(np.uint16)),
        "deep.tif": Image.fromarray((ramp * 65535).astype(np.uint16)),
        "int.tif": Image.fromarray((ramp * 2_000_000_000).astype(np.int32)),
        "float.tif": Image.fromarray(ramp.astype(np.float32)),
        "loud.tif": Image.fromarray((ramp * 255).astype(np.float32)),
    }
    for name, image in images.items():
        pixels = decode(save(tmp_path / name, image)).pixels
        assert close(pixels[4, :, 1], ramp[0] * 255, 2), name
    import cv2

    for orientation in ORIENTATIONS:
        color = np.asarray(stored(quadrants(), orientation))[:, :, ::-1]
        assert cv2.imwrite(str(tmp_path / "color.tif"), (color / 255).astype(np.float32))
        _set_tiff_orientation(tmp_path / "color.tif", orientation)
        assert close(corners(decode(tmp_path / "color.tif").pixels), UPRIGHT, 2)
    holes = ramp.astype(np.float32)
    holes[0, 0], holes[0, 1] = np.nan, np.inf
    assert decode(save(tmp_path / "holes.tif", Image.fromarray(holes))).pixels.shape == (8, 64, 3)
    bits = Image.fromarray(ramp > 0.5)
    assert close(decode(save(tmp_path / "bits.png", bits)).pixels[4, [5, 60], 0], (0, 255))


def _set_tiff_orientation(path: Path, orientation: int) -> None:
    """Writes the directory anew behind all else, with the tag added."""
    content = path.read_bytes()
    at = struct.unpack_from("<I", content, 4)[0]
    count = struct.unpack_from("<H", content, at)[0]
    entries = [content[at + 2 + 12 * i : at + 14 + 12 * i] for i in range(count)]
    entries.append(struct.pack("<HHIHH", 274, 3, 1, orientation, 0))
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry)[0])
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    padded = content + bytes(len(content) % 2)
    path.write_bytes(padded[:4] + struct.pack("<I", len(padded)) + padded[8:] + directory)


def test_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 30), color) for color in (RED, GREEN, BLUE)]
    for extension in ("gif", "webp", "png"):
        path = tmp_path / f"moving.{extension}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        picture = decode(path)
        assert picture.metadata.animated, extension
        assert close(picture.pixels[15, 15], RED, 16), extension
        still = decode(save(tmp_path / f"still.{extension}", frames[1]))
        assert not still.metadata.animated


def test_second_picture_in_a_camera_jpeg_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    second = Image.new("RGB", (120, 80))
    quadrants().save(path, "MPO", save_all=True, append_images=[second], quality=95)
    picture = decode(path)
    assert picture.metadata.format == "jpeg"
    assert not picture.metadata.animated
    assert close(corners(picture.pixels), UPRIGHT, 25)


def test_large_pictures_are_shrunk_in_bands_without_seams(tmp_path: Path) -> None:
    across = np.linspace(20, 230, 3001).astype(np.uint8)[None, :].repeat(2003, 0)
    image = Image.fromarray(np.stack([across, across[:, ::-1], across], axis=-1))
    path = save(tmp_path / "large.png", image, compress_level=1)
    for max_side in (300, 400, 1501):
        pixels = decode(path, max_side).pixels
        want = np.linspace(20, 230, pixels.shape[1])
        assert close(pixels[:, :, 0], want[None, :], 3), max_side
        assert close(pixels[:, :, 1], want[None, ::-1], 3), max_side


def test_whole_steps_stay_at_or_above_what_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_bytes(quadrants(2400, 1600)))
    pixels = decode(path, 700, exact=False).pixels
    assert 700 <= max(pixels.shape) < 1400
    assert close(corners(pixels), UPRIGHT, 25)
