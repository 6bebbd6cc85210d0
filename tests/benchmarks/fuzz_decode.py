"""Reads thousands of damaged files: each, and its metadata, is read or turned down with a reason.

    python tests/benchmarks/fuzz_decode.py [--inputs 10000] [--seed 1] [--formats jpg,png,...]

Prints one JSON document. ``escaped`` counts errors that are no words for the user; it has to be
zero, and the exit code says so. ``crashed`` are crashes of a decoder process: each cost one file.
"""

from __future__ import annotations

import argparse
import collections
import io
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from core.errors import AlbumenError, UnreadablePhotoError  # noqa: E402
from core.files import xmp  # noqa: E402
from core.files.decode import decode  # noqa: E402
from core.files.isolate import CRASHED, ENDLESS, decoder_pool  # noqa: E402
from core.files.placeholder import embedded_thumbnail  # noqa: E402
from tests.photos import exif_block, save_dng  # noqa: E402

FORMATS = ("jpg", "png", "webp", "gif", "bmp", "tif", "heic", "avif", "jxl", "dng")
EXTREMES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\1")


def seeds(extension: str, folder: Path) -> list[bytes]:
    """A few whole files of a format: plain, with metadata, of other pixel kinds."""
    if extension == "dng":
        made = save_dng(folder / "seed.dng", scene(40, 30), 6, (64, 48))
        return [made.read_bytes()]
    if extension == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    if extension == "jxl":
        import pillow_jxl  # noqa: F401 - registers itself
    small = scene(56, 40)
    exif = exif_block(6, DateTimeOriginal="2020:01:02 03:04:05", Make="Made Up")
    variants: list[tuple[Image.Image, dict[str, object]]] = [(small, {})]
    if extension in ("jpg", "png", "webp", "tif", "heic", "avif", "jxl"):
        variants.append((small, {"exif": exif}))
    if extension == "jpg":
        variants += [(small, {"progressive": True}), (small.convert("CMYK"), {})]
    if extension in ("png", "gif", "webp", "tif"):
        variants.append((small.convert("RGBA") if extension != "gif" else small, {}))
    if extension in ("png", "gif", "webp"):
        variants.append((small, {"save_all": True, "append_images": [small.rotate(90)]}))
    if extension == "tif":
        variants += [(small, {"compression": kind}) for kind in ("tiff_lzw", "jpeg", "packbits")]
    whole = []
    for image, options in variants:
        out = io.BytesIO()
        kind = {"jpg": "JPEG", "tif": "TIFF", "heic": "HEIF"}.get(extension, extension.upper())
        image.save(out, kind, **options)
        whole.append(out.getvalue())
    return whole


def scene(width: int, height: int) -> Image.Image:
    """Something with detail."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


def damaged(whole: bytes, other: bytes, chance: random.Random) -> bytes:
    """One of many ways to break a file, mostly near its head."""
    content = bytearray(whole)
    reach = len(content) if chance.random() < 0.3 else min(len(content), 256)
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        at = chance.randrange(reach)
        match chance.randrange(6):
            case 0:
                content[at] ^= 1 << chance.randrange(8)
            case 1:
                content[at] = chance.randrange(256)
            case 2:
                content[at : at + 4] = chance.choice(EXTREMES)
            case 3:
                del content[at : at + chance.randrange(1, 64)]
            case 4:
                content[at:at] = content[at : at + chance.randrange(1, 64)]
            case 5:
                content[at : at + 32] = other[at : at + 32]
        reach = max(1, min(reach, len(content)))
        if not content:
            return b"\0"
    if chance.random() < 0.15:
        del content[chance.randrange(1, len(content) + 1) :]
    return bytes(content)


def main() -> int:
    """Runs and prints; 1 if any error escaped."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--json", action="store_true", help="as always")
    arguments.add_argument("--inputs", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--formats", default=",".join(FORMATS))
    arguments.add_argument("--keep", type=Path, help="folder to keep inputs whose error escaped")
    asked = arguments.parse_args()
    extensions = asked.formats.split(",")
    chance = random.Random(asked.seed)
    outcome: collections.Counter[str] = collections.Counter()
    escaped: list[str] = []
    slowest = 0.0
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        wholes = {extension: seeds(extension, Path(folder)) for extension in extensions}
        everything = [whole for group in wholes.values() for whole in group]
        for number in range(asked.inputs):
            extension = extensions[number % len(extensions)]
            whole = chance.choice(wholes[extension])
            content = damaged(whole, chance.choice(everything), chance)
            path = Path(folder) / f"fuzz.{extension}"
            path.write_bytes(content)
            start = time.perf_counter()
            try:
                decode(path, chance.choice((32, 512, None)))
                outcome["read"] += 1
            except UnreadablePhotoError as error:
                reason = str(error)
                outcome[reason if not reason.startswith("too large") else "too large"] += 1
            except Exception as error:  # noqa: BLE001 - this is what the run is there to find
                escaped.append(f"{number} {extension}: {type(error).__name__}: {error}"[-400:])
                if asked.keep:
                    asked.keep.mkdir(parents=True, exist_ok=True)
                    (asked.keep / f"{number}.{extension}").write_bytes(content)
            try:
                embedded_thumbnail(path)
                xmp.read(path)
                outcome["metadata"] += 1
            except AlbumenError:
                outcome["no metadata"] += 1
            except Exception as error:  # noqa: BLE001 - the same
                escaped.append(f"{number} {extension}: {type(error).__name__}: {error}"[-400:])
            slowest = max(slowest, time.perf_counter() - start)
            if number % 1000 == 999:
                print(f"{number + 1} inputs, {len(escaped)} escaped", file=sys.stderr)
    decoder_pool().close()
    print(
        json.dumps(
            {
                "inputs": asked.inputs,
                "seconds": round(time.perf_counter() - began, 1),
                "slowest_s": round(slowest, 2),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "read": outcome.pop("read", 0),
                "metadata_read": outcome.pop("metadata", 0),
                "metadata_refused": outcome.pop("no metadata", 0),
                "crashed": outcome.get(CRASHED, 0),
                "endless": outcome.get(ENDLESS, 0),
                "refused": dict(outcome.most_common()),
                "escaped": len(escaped),
                "examples": escaped[:10],
            },
            indent=1,
        )
    )
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
