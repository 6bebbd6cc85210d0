"""Thumbnails are derived: quick to get, and begun anew when their store is damaged."""

from __future__ import annotations

import io
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import LibraryError
from core.files.thumbnails import STORE_NAME, ThumbnailStore, make_thumbnail, read_thumbnail
from tests.photos import close, corners, quadrants


def test_thumbnail_is_a_small_plain_jpeg() -> None:
    jpeg = make_thumbnail(np.asarray(quadrants(1500, 1000)))
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        assert image.size == (512, 341)
        assert not image.info.get("progressive")
        assert close(corners(np.asarray(image)), corners(np.asarray(quadrants())), 12)
    with Image.open(io.BytesIO(make_thumbnail(np.asarray(quadrants(30, 20))))) as image:
        assert image.size == (30, 20), "never enlarged"


def test_thumbnails_are_read_as_screens_want_them() -> None:
    jpeg = make_thumbnail(np.asarray(quadrants(600, 400)))
    pixels = read_thumbnail(jpeg, 150)
    assert pixels is not None
    assert pixels.shape == (100, 150, 4)
    assert (pixels[..., 3] == 255).all()
    assert close(corners(pixels[..., 2::-1]), corners(np.asarray(quadrants())), 12)
    assert read_thumbnail(jpeg[:200], 150) is None
    assert read_thumbnail(b"", 150) is None


def test_a_grey_thumbnail_is_read_in_colours() -> None:
    out = io.BytesIO()
    Image.new("L", (40, 30), 90).save(out, "JPEG")
    pixels = read_thumbnail(out.getvalue(), 150)
    assert pixels is not None
    assert pixels.shape == (30, 40, 4)
    assert (abs(pixels[..., :3].astype(int) - 90) < 3).all()


def test_stored_thumbnails_come_back(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.put_many([(number, b"%d" % number) for number in range(1, 1501)])
    store.put_many([(7, b"again")])
    store.delete_many([8])
    assert store.get(7) == b"again"
    assert store.get(8) is None
    assert len(store.get_many(range(1, 2000))) == 1499
    assert store.total_bytes() > 0
    store.close()
    reopened = ThumbnailStore(tmp_path)
    assert reopened.get(1500) == b"1500"
    reopened.close()


def test_threads_share_one_store(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)

    def work(start: int) -> int:
        for number in range(start, start + 50):
            store.put_many([(number, b"x" * number)])
            assert store.get(number) == b"x" * number
        return start

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, [1, 101, 201, 301])) == [1, 101, 201, 301]
    store.close()


def test_damaged_store_is_set_aside(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.put_many([(1, b"x")])
    store.close()
    (tmp_path / STORE_NAME).write_bytes(b"this is no database" * 1000)
    store = ThumbnailStore(tmp_path)
    assert store.get(1) is None
    store.put_many([(1, b"y")])
    assert store.get(1) == b"y"
    store.close()
    assert list(tmp_path.glob("*.damaged*"))


def test_store_damaged_in_the_middle_costs_thumbnails_not_the_program(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.put_many([(number, bytes(20_000)) for number in range(1, 100)])
    store.close()
    file = tmp_path / STORE_NAME
    content = bytearray(file.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[4096:middle] = b"\xaa" * (middle - 4096)
    file.write_bytes(content)
    store = ThumbnailStore(tmp_path)
    store.get_many(range(1, 100))
    for number in range(1, 100):
        store.put_many([(number, b"new")])
    assert store.get_many(range(1, 100)) == dict.fromkeys(range(1, 100), b"new")
    store.close()


def test_store_is_for_the_users_eyes_only(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.put_many([(1, b"x")])
    for file in tmp_path.glob(f"{STORE_NAME}*"):
        assert file.stat().st_mode & 0o077 == 0
    store.close()


def test_full_disk_says_so(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.put_many([(1, b"x")])
    connection: sqlite3.Connection = store._connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages + 1}")
    with pytest.raises(LibraryError, match="full"):
        store.put_many([(2, bytes(1_000_000))])
    connection.execute("PRAGMA max_page_count=1000000")
    store.put_many([(2, bytes(1_000_000))])
    assert store.get(1) == b"x"
    store.close()
