"""The demo album: one portrait in the public domain, spoiled in known ways.

Made on demand, always the same to the bit, so that anyone sees ranking, reasons and keep-best-N
without photos of their own. `resources/demo/CREDITS.md` says whose photo that is.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.domain import FloatArray
from core.errors import AlbumenError

CREDITS_FILE = "CREDITS.txt"
SIDE = 1024
"""The portrait is drawn at this size (pixels), so that crops are no tiny pictures."""

FACE = (0.335, 0.14, 0.545, 0.375)
"""Where the face is in the portrait: left, top, right, bottom as fractions."""

_START = datetime(2024, 6, 1, 10, 0, 0)
_LENS_CAP = _START + timedelta(minutes=30)


class DemoError(AlbumenError):
    """The demo album can't be made; the text names the folder and the reason."""


@dataclass(frozen=True, slots=True)
class DemoPhoto:
    """One file of the album: ``what`` says what was done to it, ``group`` which burst it is of."""

    name: str
    what: str
    seconds: float
    make: Callable[[Image.Image], Image.Image]
    group: str | None = None
    quality: int = 90


def make_demo(folder: Path) -> dict[str, str]:
    """Write the album into a folder; gives each file's name with what was done to it.

    Files that are there already and are the same are left alone; the folder may hold nothing else.

    Raises:
        DemoError: the folder holds other files, or can't be written.
    """
    portrait = _photo("portrait.jpg").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    contents = {photo.name: _jpeg(photo, portrait) for photo in PHOTOS}
    whats = {photo.name: photo.what for photo in PHOTOS}
    contents["demo-0021.jpg"] = _saved(Image.new("RGB", (800, 600), (3, 3, 3)), _LENS_CAP, 90)
    whats["demo-0021.jpg"] = "taken with the lens covered"
    contents["demo-0022.jpg"] = contents["demo-0001.jpg"][:9000]
    whats["demo-0022.jpg"] = "a damaged file"
    contents["demo-0023.jpg"] = contents["demo-0001.jpg"]
    whats["demo-0023.jpg"] = "a copy of the first file"
    contents[CREDITS_FILE] = _credits()
    _write(folder, contents)
    return whats


def _write(folder: Path, contents: dict[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strange = sorted(f.name for f in folder.iterdir() if f.name not in contents)
        # What the program itself may have left there.
        strange = [name for name in strange if name != "_rejected" and not name.endswith(".xmp")]
        if strange:
            raise DemoError(
                f"The folder {folder} holds other files ({strange[0]}); "
                "name an empty one, or one that is not there yet."
            )
        for name, content in contents.items():
            file = folder / name
            if not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)
    except OSError as error:
        raise DemoError(
            f"The demo album can't be written to {folder}: {error.strerror or error}."
        ) from error


def _photo(name: str) -> Image.Image:
    content = (resources.files("resources") / "demo" / name).read_bytes()
    return Image.open(io.BytesIO(content)).convert("RGB")


def _credits() -> bytes:
    return (resources.files("resources") / "demo" / "CREDITS.md").read_bytes()


def _jpeg(photo: DemoPhoto, portrait: Image.Image) -> bytes:
    taken = _START + timedelta(seconds=photo.seconds)
    return _saved(photo.make(portrait), taken, photo.quality)


def _saved(image: Image.Image, taken: datetime, quality: int) -> bytes:
    """A JPEG with the date and a camera's name, as bursts are told by both."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Albumen", "Demo camera"
    exif[0x0132] = f"{taken:%Y:%m:%d %H:%M:%S}"
    detail = exif.get_ifd(0x8769)
    detail[0x9003] = f"{taken:%Y:%m:%d %H:%M:%S}"
    detail[0x9291] = f"{taken.microsecond // 1000:03}"
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality, exif=exif)
    return stream.getvalue()


# What is done to the portrait. Each takes and gives an RGB picture.


def _frame(left: float, top: float, right: float, bottom: float) -> Callable[..., Image.Image]:
    """A cut-out, in fractions."""

    def cut(image: Image.Image) -> Image.Image:
        w, h = image.size
        return image.crop((round(left * w), round(top * h), round(right * w), round(bottom * h)))

    return cut


def _then(*steps: Callable[[Image.Image], Image.Image]) -> Callable[[Image.Image], Image.Image]:
    def run(image: Image.Image) -> Image.Image:
        for step in steps:
            image = step(image)
        return image

    return run


def _blur(radius: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.filter(ImageFilter.GaussianBlur(radius))


def _shake(pixels: int) -> Callable[[Image.Image], Image.Image]:
    """A camera moved sideways while the shutter was open."""

    def smear(image: Image.Image) -> Image.Image:
        values = _values(image)
        shifted = [np.roll(values, shift, axis=1) for shift in range(-(pixels // 2), pixels // 2)]
        return _image(np.mean(shifted, axis=0, dtype=np.float32))

    return smear


def _light(factor: float) -> Callable[[Image.Image], Image.Image]:
    """As if exposed by ``log2(factor)`` stops more (negative: less), in linear light."""

    def expose(image: Image.Image) -> Image.Image:
        linear = np.power(_values(image) / np.float32(255), np.float32(2.2))
        exposed = np.clip(linear * np.float32(factor), 0, 1).astype(np.float32)
        return _image(np.power(exposed, np.float32(1 / 2.2)) * np.float32(255))

    return expose


def _shade_face(factor: float) -> Callable[[Image.Image], Image.Image]:
    """The face darker than all around it, as with the sun behind."""

    def shade(image: Image.Image) -> Image.Image:
        w, h = image.size
        mask = Image.new("L", image.size, 0)
        left, top, right, bottom = FACE
        around = 0.04
        ImageDraw.Draw(mask).ellipse(
            ((left - around) * w, (top - around) * h, (right + around) * w, (bottom + around) * h),
            fill=255,
        )
        mask = mask.filter(ImageFilter.GaussianBlur(w / 60))
        return Image.composite(_light(factor)(image), _light(1.4)(image), mask)

    return shade


def _noise(deviation: float) -> Callable[[Image.Image], Image.Image]:
    def add(image: Image.Image) -> Image.Image:
        values = _values(image)
        grain = np.random.default_rng(7).normal(0, deviation, values.shape)
        return _image(values + grain.astype(np.float32))

    return add


def _cover(image: Image.Image) -> Image.Image:
    """A dark glove before the lower half of the face."""
    w, h = image.size
    left, top, right, bottom = FACE
    covered = image.copy()
    pen = ImageDraw.Draw(covered)
    middle = (top + bottom) / 2
    for finger in range(4):
        y = (middle - 0.02 + finger * 0.045) * h
        pen.rounded_rectangle(
            ((left - 0.12) * w, y, (right + 0.01 * finger) * w, y + 0.04 * h),
            radius=0.02 * h,
            fill=(38, 34, 40),
        )
    return covered


def _tilt(degrees: float) -> Callable[[Image.Image], Image.Image]:
    def turn(image: Image.Image) -> Image.Image:
        turned = image.rotate(degrees, Image.Resampling.BICUBIC)
        return _frame(0.13, 0.13, 0.87, 0.87)(turned)

    return turn


def _cast(image: Image.Image) -> Image.Image:
    """White balance for the wrong light."""
    return _image(_values(image) * np.array((1.0, 0.82, 0.5), np.float32))


def _grey(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


def _small(side: int) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.resize((side, side), Image.Resampling.BOX)


def _values(image: Image.Image) -> FloatArray:
    return np.asarray(image, np.float32)


def _image(values: FloatArray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _wide(dx: float = 0.0, dy: float = 0.0) -> Callable[[Image.Image], Image.Image]:
    """Nearly the whole portrait; a burst's frames differ by where the camera wandered."""
    return _frame(0.02 + dx, 0.01 + dy, 0.98 + dx, 0.97 + dy)


_CLOSE = _frame(0.15, 0.0, 0.72, 0.76)

PHOTOS = (
    DemoPhoto("demo-0001.jpg", "sharp", 0.0, _wide(), "first burst"),
    DemoPhoto("demo-0002.jpg", "sharp, camera a little aside", 0.4, _wide(0.012), "first burst"),
    DemoPhoto(
        "demo-0003.jpg", "camera moved", 0.8, _then(_wide(-0.01), _shake(22)), "first burst"
    ),
    DemoPhoto("demo-0004.jpg", "out of focus", 1.2, _then(_wide(0.0, 0.01), _blur(6)),
              "first burst"),
    DemoPhoto("demo-0005.jpg", "a hand before the face", 1.6, _then(_cover, _wide(0.005)),
              "first burst"),
    DemoPhoto("demo-0006.jpg", "closer, sharp", 120.0, _CLOSE, "second burst"),
    DemoPhoto("demo-0007.jpg", "closer, slightly out of focus", 120.5,
              _then(_CLOSE, _blur(3.5)), "second burst"),
    DemoPhoto("demo-0008.jpg", "closer, two stops too dark", 121.0,
              _then(_CLOSE, _light(0.25)), "second burst"),
    DemoPhoto("demo-0009.jpg", "closer, two stops too bright", 121.5,
              _then(_CLOSE, _light(4.0)), "second burst"),
    DemoPhoto("demo-0010.jpg", "almost no light", 400.0, _then(_wide(), _light(0.04))),
    DemoPhoto("demo-0011.jpg", "burnt out", 520.0, _then(_wide(), _light(9.0))),
    DemoPhoto("demo-0012.jpg", "light from behind", 640.0, _then(_shade_face(0.08), _wide())),
    DemoPhoto("demo-0013.jpg", "noise of a high ISO", 760.0, _then(_wide(), _noise(34))),
    DemoPhoto("demo-0014.jpg", "tilted", 880.0, _tilt(12)),
    DemoPhoto("demo-0015.jpg", "the face cut off by the frame", 1000.0,
              _frame(0.42, 0.05, 1.0, 0.78)),
    DemoPhoto("demo-0016.jpg", "the head cut off", 1120.0, _frame(0.05, 0.27, 0.78, 1.0)),
    DemoPhoto("demo-0017.jpg", "wrong white balance", 1240.0, _then(_wide(), _cast)),
    DemoPhoto("demo-0018.jpg", "heavily compressed", 1360.0, _then(_wide(), _small(420)),
              quality=6),
    DemoPhoto("demo-0019.jpg", "very small", 1480.0, _then(_wide(), _small(180))),
    DemoPhoto("demo-0020.jpg", "black and white", 1600.0, _then(_CLOSE, _grey)),
)  # fmt: skip
"""All made from the one portrait, by time."""
