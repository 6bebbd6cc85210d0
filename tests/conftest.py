"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Qt ends the whole run where it finds no display.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A busy machine is no fault: nothing here may depend on how long an example takes.
settings.register_profile(
    "patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real photos beside the checkout, to be read only."""
    if not CORPUS.is_dir():
        pytest.skip("the photo corpus is not beside the checkout")
    return CORPUS
