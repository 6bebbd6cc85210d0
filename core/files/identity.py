"""A photo is its content: a fast fingerprint that survives moves and renames."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

SAMPLE = 64 * 1024
"""Bytes read at the start, the middle and the end; a small file is read whole."""


def fingerprint(path: Path) -> bytes:
    """16 bytes that name a file's content: BLAKE2b of its size and three samples.

    Camera files differ in their headers (time, serial numbers) and in compressed data, so equal
    samples and sizes mean equal files for our purpose; what deletes or merges anything compares
    whole contents instead.

    Raises:
        OSError: the file can't be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest.update(size.to_bytes(8, "little"))
        if size <= 3 * SAMPLE:
            digest.update(file.read())
        else:
            for start in (0, size // 2, size - SAMPLE):
                file.seek(start)
                digest.update(file.read(SAMPLE))
    return digest.digest()


def content_hash(path: Path) -> bytes:
    """32 bytes of SHA-256 over the whole file, for proving that two files are equal.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
