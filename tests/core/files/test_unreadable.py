"""What can't be read says why in words a person understands, and costs nothing else."""

from __future__ import annotations

import contextlib
import io
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import (
    PhotoChangedError,
    PhotoTooLargeError,
    UnreadablePhotoError,
    UnsupportedFormatError,
)
from core.files.decode import decode
from core.files.limits import check_size
from tests.photos import exif_block, jpeg_bytes, quadrants, save_dng

CUT_OFF = "cut off"


def noise(width: int = 300, height: int = 200) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8))


def reason(path: Path) -> str:
    with pytest.raises(UnreadablePhotoError) as caught:
        decode(path, 256)
    return str(caught.value)


def written(path: Path) -> bytes:
    """A whole photo of the format that the path's extension names, written there."""
    if path.suffix == ".heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    if path.suffix == ".dng":
        save_dng(path, None)
    else:
        options = {"compression": "tiff_lzw"} if path.suffix == ".tiff" else {}
        noise().save(path, **options)
    return path.read_bytes()


@pytest.mark.parametrize(
    "extension", ["jpg", "png", "webp", "tif", "tiff", "gif", "bmp", "heic", "avif", "dng"]
)
def test_half_a_file_is_called_cut_off(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"photo.{extension}"
    whole = written(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert CUT_OFF in reason(path)


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "heic", "avif"])
def test_half_written_file_of_full_length_is_called_cut_off(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"photo.{extension}"
    whole = written(path)
    half = len(whole) // 2
    path.write_bytes(whole[:half] + bytes(len(whole) - half))
    assert CUT_OFF in reason(path)


def test_zeros_behind_a_whole_photo_do_no_harm(tmp_path: Path) -> None:
    whole = jpeg_bytes(noise(), exif=exif_block(1))
    path = tmp_path / "photo.jpg"
    path.write_bytes(whole + bytes(5000))
    assert decode(path).pixels.shape == (200, 300, 3)


def test_empty_and_foreign_files_say_what_they_are(tmp_path: Path) -> None:
    for content, words in (
        (b"", "the file is empty"),
        (b"\xff", "not a picture"),
        (b"\0" * 5000, "empty bytes"),
        (b"hello world", "not a picture"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<svg xmlns=''>", "SVG"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "video"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    ):
        path = tmp_path / "photo.jpg"
        path.write_bytes(content)
        assert words in reason(path)


def test_folder_pipe_and_link_circle_are_turned_down(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "a.jpg").symlink_to("b.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")
    assert "folder" in reason(tmp_path / "folder.jpg")
    assert "ordinary file" in reason(tmp_path / "pipe.jpg")
    assert "link" in reason(tmp_path / "a.jpg")


def test_vanished_file_is_tried_again_later(tmp_path: Path) -> None:
    with pytest.raises(PhotoChangedError):
        decode(tmp_path / "gone.jpg")


def test_refused_file_says_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_bytes(quadrants()))
    if os.geteuid() == 0:  # root may read everything, so the system is made to refuse

        def refuse(*args: object, **options: object) -> object:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("core.files.source.open", refuse, raising=False)
    else:
        path.chmod(0)
    assert "permission denied" in reason(path)


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    for name, kind in (("a.png", "JPEG"), ("a.heic", "PNG"), ("a.cr2", "JPEG"), ("a", "WEBP")):
        quadrants().save(tmp_path / name, kind)
        assert decode(tmp_path / name).metadata.format == kind.lower()


def test_any_name_can_be_read(tmp_path: Path) -> None:
    for name in (b"caf\xe9.jpg", "maracujá.jpg".encode(), b"a%C3%A9.jpg", b"new\nline .jpg"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        path.write_bytes(jpeg_bytes(quadrants()))
        assert decode(path).pixels.shape == (80, 120, 3)
        heic = path.with_suffix(".tif")
        quadrants().save(os.fsencode(heic), "TIFF")
        assert decode(heic).pixels.shape == (80, 120, 3)


def test_bombs_are_refused_by_their_header(tmp_path: Path) -> None:
    """B06."""
    png = io.BytesIO()
    Image.new("1", (16383, 16383)).save(png, "PNG")
    path = tmp_path / "bomb.png"
    path.write_bytes(png.getvalue())
    with pytest.raises(PhotoTooLargeError, match="too large: 16383x16383 pixels"):
        decode(path)
    gif = b"GIF89a" + b"\xff" * 4 + b"\0" * 30
    path.write_bytes(gif)
    with pytest.raises(PhotoTooLargeError, match="65535x65535"):
        decode(path)


def test_progressive_jpeg_that_needs_its_whole_size_in_memory_is_refused() -> None:
    check_size("jpeg", (18000, 20000))
    with pytest.raises(PhotoTooLargeError):
        check_size("jpeg", (18000, 20000), coefficient_bytes_per_pixel=3)


def test_file_written_to_meanwhile_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_bytes(quadrants()))
    from core.files import decode as module

    def render_and_touch(*args: object) -> object:
        path.write_bytes(jpeg_bytes(quadrants(130, 90)))
        return np.zeros((1, 1, 3), np.uint8)

    monkeypatch.setattr(module, "render", render_and_touch)
    with pytest.raises(PhotoChangedError):
        decode(path)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_large_jpeg_is_read_reduced_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.new("L", (12000, 10000), 90).save(path, quality=50)
    script = textwrap.dedent("""
        import re, sys
        from pathlib import Path
        from core.files.decode import decode
        print(decode(Path(sys.argv[1]), 1024).pixels.shape)
        print(int(re.search("VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    shape, megabytes = done.stdout.splitlines()
    assert shape == "(853, 1024, 3)"
    assert int(megabytes) < 200


SEEDS = 60


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "gif", "bmp", "tif", "heic", "avif"])
def test_damaged_headers_never_escape_as_other_errors(tmp_path: Path, extension: str) -> None:
    if extension == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    path = tmp_path / f"photo.{extension}"
    noise(48, 32).save(path)
    whole = path.read_bytes()
    chance = random.Random(extension)
    for _ in range(SEEDS):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 2, 4, 16))):
            damaged[chance.randrange(min(len(damaged), 400))] = chance.randrange(256)
        if chance.random() < 0.2:
            damaged = damaged[: chance.randrange(1, len(damaged))]
        path.write_bytes(damaged)
        with contextlib.suppress(UnreadablePhotoError):
            pixels = decode(path, 64).pixels
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3
            assert max(pixels.shape) <= 64


@pytest.mark.parametrize("length", [0, 7, 9, 2**31, 2**32 - 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize("extension", ["heic", "avif", "jxl"])
def test_boxes_of_any_length_do_no_harm(tmp_path: Path, extension: str, length: int) -> None:
    start = {
        "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "avif": b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
        "jxl": b"\0\0\0\x0cJXL \r\n\x87\n",
    }[extension]
    path = tmp_path / f"photo.{extension}"
    for head in (
        length.to_bytes(8, "big")[4:] + b"meta",
        b"\0\0\0\1meta" + length.to_bytes(8, "big"),
    ):
        path.write_bytes(start + head + bytes(100))
        assert reason(path)


def test_unsupported_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 50)
    with pytest.raises(UnsupportedFormatError, match="JPEG 2000"):
        decode(path)
