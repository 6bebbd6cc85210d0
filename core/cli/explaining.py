"""Commands about why: explain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import AlbumenError, UsageError
from core.paths import display_name

PREVIEW_SIDE = 2048
"""Longest side, in pixels, of the picture that ``albumen explain`` writes."""


def explain_photo(file: Path, out: Path, model: str | None) -> dict[str, Any]:
    """Write the photo with the map of its mean score; gives the figures to print.

    Raises:
        AlbumenError: the photo can't be read or scored, or the picture can't be written.
    """
    from core.analysis import open_analyzer
    from core.explaining.maps import draw, explain
    from core.files.decode import decode

    analysis = open_analyzer(model).analyze(file)
    score = analysis.score
    if score is None:
        raise AlbumenError(f"{display_name(file)} has no score: {analysis.reason}.")
    explanation = explain(score)
    write_picture(draw(decode(file, PREVIEW_SIDE).pixels, explanation), out, file)
    return {
        "out": display_name(out),
        "method": "gradcam",
        "target": "mean",
        "mean": round(score.mean, 4),
        "std": round(score.std, 4),
        "model": score.model,
        "branch_share": {"scene": explanation.share.scene, "face": explanation.share.face},
        "informative": None,
    }


def write_picture(pixels: Any, out: Path, source: Path) -> None:
    """Write pixels beside or away from the photo they come from, never over it.

    Raises:
        UsageError: ``out`` is the photo itself or of no kind that can be written.
        AlbumenError: the disk refuses.
    """
    from PIL import Image

    if out == source or (out.exists() and out.samefile(source)):
        raise UsageError("The picture would replace the photo itself; give another name.")
    try:
        Image.fromarray(pixels).save(out)
    except ValueError as error:
        raise UsageError(f"{display_name(out)}: give a name that ends in .png.") from error
    except OSError as error:
        raise AlbumenError(f"{display_name(out)} can't be written: {error.strerror}.") from error
