"""What tests of measured reasons share."""

from tests.core.inference.conftest import drawn_face

__all__ = ["drawn_face"]
