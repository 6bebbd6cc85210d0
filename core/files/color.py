"""Brings any of Pillow's pixel modes to 8-bit sRGB."""

from __future__ import annotations

import functools
import io
import logging

import numpy as np
from PIL import Image, ImageCms

log = logging.getLogger(__name__)

_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
_COLOR_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


class Leveler:
    """Turns an image, or bands of it, into plain ``L``, ``RGB`` or ``CMYK`` of 8 bits.

    Deep samples are scaled, palettes looked up, transparency laid on white. Made for one whole
    image, as the range of float samples is that of all of it.
    """

    def __init__(self, image: Image.Image) -> None:
        self._transparency = image.info.get("transparency")
        self._range = _value_range(image) if image.mode in _DEEP_MODES else (0.0, 255.0)

    def __call__(self, band: Image.Image) -> Image.Image:
        """The band with the same size, mode ``L``, ``RGB`` or ``CMYK``."""
        mode = band.mode
        if mode in _DEEP_MODES:
            return _scaled(band, *self._range)
        if mode in ("L", "RGB", "P") and self._transparency is not None:
            if "transparency" not in band.info:
                band.info["transparency"] = self._transparency
            return _on_white(band.convert("RGBA"))
        if mode in ("L", "RGB", "CMYK"):
            return band
        if mode == "1":
            return band.convert("L")
        if mode == "LA":
            gray, alpha = band.split()
            white = Image.new("L", band.size, 255)
            white.paste(gray, mask=alpha)
            return white
        if mode == "La":
            return self(band.convert("LA"))
        if mode in ("RGBA", "RGBa", "PA"):
            return _on_white(band.convert("RGBA"))
        if mode == "LAB":
            transform = ImageCms.buildTransform(
                ImageCms.createProfile("LAB"), _srgb_profile(), "LAB", "RGB"
            )
            return ImageCms.applyTransform(band, transform) or band
        return band.convert("RGB")


def _on_white(rgba: Image.Image) -> Image.Image:
    white = Image.new("RGB", rgba.size, (255, 255, 255))
    white.paste(rgba, mask=rgba.getchannel("A"))
    return white


def _value_range(image: Image.Image) -> tuple[float, float]:
    """The values that stand for black and white."""
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    values = np.asarray(image)
    finite = values if image.mode == "I" else values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = min(0.0, float(finite.min())), float(finite.max())
    if low == 0.0:
        whites = (255.0, 65535.0) if image.mode == "I" else (1.0, 255.0, 65535.0)
        for white in whites:
            if high <= white:
                return 0.0, white
    return low, max(high, low + 1e-6)


def _scaled(band: Image.Image, low: float, high: float) -> Image.Image:
    values = np.nan_to_num(np.asarray(band).astype(np.float32), nan=low, posinf=high, neginf=low)
    levels = (values - np.float32(low)) * np.float32(255.0 / (high - low))
    return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """An ``L``, ``RGB`` or ``CMYK`` image as sRGB, mode ``RGB``.

    A profile that can't be read, or is made for other samples than these, counts as none.
    """
    if icc:
        transform = _srgb_transform(icc, image.mode)
        if transform is not None:
            return ImageCms.applyTransform(image, transform) or image
    return image if image.mode == "RGB" else image.convert("RGB")


@functools.cache
def _srgb_profile() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@functools.lru_cache(maxsize=32)
def _srgb_transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from ``mode`` under this profile to sRGB; ``None`` if there is nothing to do."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        space = _COLOR_SPACES.get(profile.profile.xcolor_space.strip())
        if space == "RGB" and mode == "L":
            # Grey samples under an RGB profile: the profile's curve is what matters, and
            # taking them as they are errs by a few levels at most.
            return None
        if space != mode:
            log.info("ignoring an ICC profile for %s on %s samples", space, mode)
            return None
        transform = ImageCms.buildTransform(
            profile,
            _srgb_profile(),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if mode == "RGB" and _changes_nothing(transform) else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        log.info("ignoring an unreadable ICC profile: %s", error)
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """True if a cube of colours comes out as it went in: then most photos skip a slow step."""
    steps = np.arange(0, 256, 51, dtype=np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    turned = np.asarray(ImageCms.applyTransform(Image.fromarray(cube), transform))
    return bool(np.abs(turned.astype(int) - cube.astype(int)).max() <= 2)
