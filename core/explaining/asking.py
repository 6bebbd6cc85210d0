"""What a program with a window asks about a photo that it shows: by the photo, not by pixels."""

from __future__ import annotations

from pathlib import Path

from core.analysis import WORKING_SIDE
from core.domain import Photo
from core.errors import AlbumenError
from core.explaining.enhancing import Fragility
from core.explaining.explainer import Explainer
from core.explaining.maps import Branch
from core.files.decode import decode
from core.inference.saliency import Target


class Asked:
    """Answers for one model; loads what it needs on first use, safe to share between threads.

    Args:
        model: name of a bundled model, or a model directory.
    """

    def __init__(self, model: str | Path) -> None:
        self._explainer = Explainer(model)

    def informative(
        self,
        photo: Photo,
        target: Target = Target.MEAN,
        rating: int | None = None,
        branch: Branch = Branch.BOTH,
    ) -> bool:
        """Whether a photo's map tells the truth (see `core.explaining.faithfulness`); 1 to 3 s.

        Raises:
            AlbumenError: the photo can't be read or has no score.
        """
        if photo.score is None:
            raise AlbumenError(f"The photo has no score: {photo.reason}.")
        faces = sorted(photo.faces, key=lambda face: -face.box.area)
        pixels = decode(photo.path, WORKING_SIDE).pixels
        check = self._explainer.check(pixels, photo.score, faces, target, rating, branch)
        return check.informative

    def fragility(self, photo: Photo, level: float) -> Fragility:
        """The smallest change that takes a photo's score across a level; some seconds.

        Raises:
            AlbumenError: the photo can't be read or scored.
        """
        return self._explainer.fragility(photo.path, level)
