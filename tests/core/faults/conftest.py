"""Fixtures of the tests that hold the line against faults which others' users reported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.library.library import Library, open_library
from tests.quick import TinyPhotos


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def tiny() -> TinyPhotos:
    return TinyPhotos()
