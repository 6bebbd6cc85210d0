"""Pictures that other programs turn, pale, invert or choke on, from the file to the score."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from importlib import resources
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from core.analysis import Analyzer, open_analyzer
from core.domain import Photo, Status
from core.explaining.maps import canvas, explain
from core.files.decode import decode
from core.library.library import Library
from tests.core.faults.indexed import photos, scan, statuses
from tests.making import picture
from tests.photos import close, exif_block, jpeg_bytes, primaries_profile, quadrants, stored
from tests.quick import TinyPhotos

SAME_SCORE = 0.05


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return open_analyzer()


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    """The demo's portrait, small."""
    source = resources.files("resources") / "demo" / "portrait.jpg"
    with Image.open(io.BytesIO(source.read_bytes())) as opened:
        image = opened.convert("RGB")
    image.thumbnail((600, 600))
    return image


def with_block(jpeg: bytes, *blocks: bytes) -> bytes:
    """A JPEG with such APP1 blocks right after its start, whatever is in them."""
    inserted = b"".join(b"\xff\xe1" + struct.pack(">H", len(b) + 2) + b for b in blocks)
    return jpeg[:2] + inserted + jpeg[2:]


def means(found: dict[str, Photo]) -> dict[str, float]:
    assert {photo.status for photo in found.values()} == {Status.SCORED}
    return {name: photo.score.mean for name, photo in found.items() if photo.score}


def test_odd_exif_costs_neither_the_picture_nor_its_score(
    library: Library, analyzer: Analyzer, portrait: Image.Image, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """B01: zero denominators, wrong types, a header twice, directories that lead nowhere."""
    album = tmp_path / "album"
    album.mkdir()
    plain = jpeg_bytes(portrait)
    tiff = exif_block()[6:]
    rational = struct.pack("<2sHIH", b"II", 42, 8, 2)
    rational += struct.pack("<HHII", 0x011A, 5, 1, 38) + struct.pack("<HHII", 0x0112, 2, 9, 38)
    rational += struct.pack("<I", 0) + struct.pack("<II", 72, 0)
    (album / "plain.jpg").write_bytes(plain)
    (album / "twice.jpg").write_bytes(with_block(plain, b"Exif\0\0Exif\0\0" + tiff))
    (album / "zero.jpg").write_bytes(with_block(plain, b"Exif\0\0" + rational))
    (album / "nowhere.jpg").write_bytes(
        with_block(plain, b"Exif\0\0" + struct.pack("<2sHI", b"II", 42, 0xFFFFFF00))
    )
    (album / "rubbish.jpg").write_bytes(with_block(plain, b"Exif\0\0" + bytes(range(256)) * 8))
    (album / "empty.jpg").write_bytes(with_block(plain, b"Exif\0\0"))
    with caplog.at_level(logging.INFO):
        scan(library, album, analyzer)
    found = photos(library, analyzer.model_id)
    scores = means(found)
    assert max(scores.values()) - min(scores.values()) <= SAME_SCORE
    assert {p.metadata.orientation for p in found.values() if p.metadata} == {1}
    assert not [record for record in caplog.records if record.exc_info]


def test_all_orientations_are_one_picture_with_one_score_and_one_face_box(
    library: Library, analyzer: Analyzer, portrait: Image.Image, tmp_path: Path
) -> None:
    """B02: thumbnail, size, face box, heat map and score all come from the picture turned once."""
    album = tmp_path / "album"
    album.mkdir()
    for tag in range(1, 9):
        (album / f"{tag}.jpg").write_bytes(
            jpeg_bytes(stored(portrait, tag), exif=exif_block(tag), subsampling=0)
        )
    scan(library, album, analyzer)
    found = photos(library, analyzer.model_id)
    scores = means(found)
    assert max(scores.values()) - min(scores.values()) <= SAME_SCORE
    upright = found["1.jpg"]
    pictures = library.thumbnails.get_many([photo.id for photo in found.values()])
    for photo in found.values():
        assert photo.metadata is not None
        assert (photo.metadata.width, photo.metadata.height) == portrait.size
        (face,), (expected,) = photo.faces, upright.faces
        assert abs(face.box.x - expected.box.x) < 0.03
        assert abs(face.box.y - expected.box.y) < 0.03
        seen = Image.open(io.BytesIO(pictures[photo.id])).convert("L").resize((24, 24))
        wanted = Image.open(io.BytesIO(pictures[upright.id])).convert("L").resize((24, 24))
        assert close(np.asarray(seen), np.asarray(wanted), 16)
        assert heat(photo).shape == heat(upright).shape
        assert np.corrcoef(heat(photo).ravel(), heat(upright).ravel())[0, 1] > 0.95


def heat(photo: Photo) -> np.ndarray:
    """The heat map over the photo as it is shown."""
    assert photo.score is not None
    assert photo.metadata is not None
    width, height = photo.metadata.width // 8, photo.metadata.height // 8
    return canvas(explain(photo.score), width, height)


def test_a_cmyk_copy_looks_and_scores_as_the_rgb_one(
    library: Library, analyzer: Analyzer, portrait: Image.Image, tmp_path: Path
) -> None:
    """B05: printers' JPEGs are stored inverted."""
    album = tmp_path / "album"
    album.mkdir()
    (album / "rgb.jpg").write_bytes(jpeg_bytes(portrait))
    (album / "cmyk.jpg").write_bytes(jpeg_bytes(portrait.convert("CMYK")))
    scan(library, album, analyzer)
    scores = means(photos(library, analyzer.model_id))
    assert abs(scores["rgb.jpg"] - scores["cmyk.jpg"]) <= 0.1
    first, second = (decode(album / name, 64).pixels for name in ("rgb.jpg", "cmyk.jpg"))
    assert close(first, second, 24)


def bomb(side: int) -> bytes:
    """A PNG of one bit a pixel that unpacks to a ``side`` x ``side`` picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(
            ">I", zlib.crc32(kind + content)
        )  # fmt: skip

    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_a_bomb_costs_its_file_alone_and_a_huge_photo_is_scored(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B06: among 20 good files, with bounded memory."""
    album = tmp_path / "album"
    tiny.album(album, 20)
    (album / "bomb.png").write_bytes(bomb(16383))
    (album / "bomb.gif").write_bytes(
        b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6) + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02\x44\x01\x00\x3b"
    )  # fmt: skip
    huge = Image.fromarray(np.tile(picture(3, 640, 400), (24, 16, 1))[..., 0])  # 98 megapixels
    huge.save(album / "huge.jpg", quality=40)
    del huge
    process = psutil.Process()
    before = process.memory_info().rss
    scan(library, album)
    assert process.memory_info().rss - before < 250e6
    found = photos(library)
    scored = {name for name, photo in found.items() if photo.status is Status.SCORED}
    assert len(scored) == 21
    assert "huge.jpg" in scored
    for name in ("bomb.png", "bomb.gif"):
        assert found[name].status is Status.UNREADABLE
        assert "pixels" in (found[name].reason or "")


def test_what_a_file_is_called_does_not_matter(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B08, B11: two pictures in one JPEG, and content that is not what the name says."""
    album = tmp_path / "album"
    album.mkdir()
    scene, other = (Image.fromarray(picture(seed, 320, 240)) for seed in (1, 2))
    scene.save(album / "two.jpg", "MPO", save_all=True, append_images=[other])
    scene.save(album / "png.jpg", "PNG")
    scene.save(album / "webp.png", "WEBP", quality=95)
    scene.save(album / "jpeg.heic", "JPEG", quality=95)
    (album / "text.jpg").write_text("This is no photo.")
    scan(library, album)
    found = photos(library)
    assert {name: photo.metadata.format for name, photo in found.items() if photo.metadata} == {
        "two.jpg": "jpeg", "png.jpg": "png", "webp.png": "webp", "jpeg.heic": "jpeg",
    }  # fmt: skip
    assert found["text.jpg"].status is Status.UNREADABLE
    expected = np.asarray(scene.resize((32, 24)))
    for name in ("two.jpg", "png.jpg", "webp.png", "jpeg.heic"):
        assert found[name].status is Status.SCORED
        jpeg = library.thumbnails.get(found[name].id)
        assert jpeg is not None
        assert close(np.asarray(Image.open(io.BytesIO(jpeg)).resize((32, 24))), expected, 40)


def test_a_phone_photo_renamed_to_jpg_is_scored(library: Library, tmp_path: Path) -> None:
    """B11: HEIC as .jpg."""
    pillow_heif = pytest.importorskip("pillow_heif")
    album = tmp_path / "album"
    album.mkdir()
    written = io.BytesIO()
    try:
        pillow_heif.from_pillow(Image.fromarray(picture(4, 320, 240))).save(written)
    except (RuntimeError, OSError) as error:
        pytest.skip(f"no encoder for HEIC here: {error}")
    (album / "IMG_2682.jpg").write_bytes(written.getvalue())
    scan(library, album)
    (photo,) = photos(library).values()
    assert photo.status is Status.SCORED
    assert photo.metadata is not None
    assert photo.metadata.format == "heic"


def test_wide_colours_are_kept_in_the_thumbnail_and_a_broken_profile_is_ignored(
    library: Library, tmp_path: Path
) -> None:
    """B12: what is shown in the grid is sRGB, too."""
    album = tmp_path / "album"
    album.mkdir()
    scene = quadrants(320, 240)
    (album / "plain.jpg").write_bytes(jpeg_bytes(scene))
    (album / "wide.jpg").write_bytes(jpeg_bytes(scene, icc_profile=primaries_profile(1.25, 1.25)))
    (album / "broken.jpg").write_bytes(jpeg_bytes(scene, icc_profile=b"no profile" * 40))
    scan(library, album)
    shown = {}
    for name, photo in photos(library).items():
        jpeg = library.thumbnails.get(photo.id)
        assert jpeg is not None
        image = Image.open(io.BytesIO(jpeg))
        assert "icc_profile" not in image.info
        shown[name] = np.asarray(image.convert("RGB"))
    assert close(shown["broken.jpg"], shown["plain.jpg"])
    red = shown["wide.jpg"][60, 80].astype(int) - shown["plain.jpg"][60, 80]
    assert red[0] > 10  # a stronger red than the same numbers mean in sRGB


def test_an_animation_is_shown_by_its_first_frame_and_marked(
    library: Library, tmp_path: Path
) -> None:
    """B13: large and odd ones included."""
    album = tmp_path / "album"
    album.mkdir()
    frames = [Image.fromarray(picture(seed, 100, 75)) for seed in range(42)]
    rest = frames[1:]
    frames[0].save(album / "a.gif", save_all=True, append_images=rest, duration=20)
    frames[0].save(album / "a.webp", save_all=True, append_images=rest[:5], duration=20)
    frames[0].save(album / "a.png", save_all=True, append_images=rest[:5], duration=20)
    whole = (album / "a.gif").read_bytes()
    (album / "cut.gif").write_bytes(whole[: len(whole) // 3])
    frames[0].save(album / "still.gif")
    scan(library, album)
    found = photos(library)
    assert statuses(library)["cut.gif"] in (Status.SCORED, Status.UNREADABLE)
    marked = {name: p.metadata.animated for name, p in found.items() if p.metadata}
    assert {name: marked[name] for name in ("a.gif", "a.webp", "a.png", "still.gif")} == {
        "a.gif": True, "a.webp": True, "a.png": True, "still.gif": False,
    }  # fmt: skip
    expected = np.asarray(frames[0].resize((20, 15)))
    for name in ("a.gif", "a.webp", "a.png"):
        jpeg = library.thumbnails.get(found[name].id)
        assert jpeg is not None
        assert close(np.asarray(Image.open(io.BytesIO(jpeg)).resize((20, 15))), expected, 60)


def test_names_of_any_letters_are_read_and_none_is_handed_to_opencv(
    library: Library, tiny: TinyPhotos, tmp_path: Path
) -> None:
    """B36: OpenCV's own reader gives nothing for them on Windows."""
    album = tmp_path / "älbum ☃"
    content = tiny.next()
    album.mkdir()
    names = ["maracujá.jpg", "maracuj%C3%A1.jpg", "写真.jpg", "image .jpg", "a#b?.jpg", "-n.jpg"]
    for name in names:
        (album / name).write_bytes(content)
    scan(library, album)
    assert statuses(library) == dict.fromkeys(names, Status.SCORED)
    for package in ("core", "app"):
        for source in (Path(__file__).parents[3] / package).rglob("*.py"):
            text = source.read_text("utf-8")
            assert "imread(" not in text, source
            assert "imwrite(" not in text, source
