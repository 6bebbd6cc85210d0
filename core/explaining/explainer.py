"""Everything that is asked about one photo's score beyond its stored maps. Runs models: use it in
a worker, never while painting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core.analysis import WORKING_SIDE, Analyzer, open_analyzer
from core.domain import (
    Face,
    FloatArray,
    ImageArray,
    PhotoMetadata,
    Picture,
    Score,
    ScoreDistribution,
)
from core.errors import AlbumenError
from core.explaining import enhancing, maps
from core.explaining.enhancing import Change, Fragility
from core.explaining.faithfulness import Check, check_map
from core.explaining.gradients import (
    MEAN_SCORE,
    Goal,
    GradientModel,
    gradient_strength,
    logit_of,
    share_of,
)
from core.files.decode import decode
from core.files.raster import render, whole_step
from core.inference.aesthetics import AestheticScorer
from core.inference.cards import ModelCard, find_model
from core.inference.faces import FaceDescriber
from core.inference.preprocess import prepare
from core.inference.saliency import Target

ENHANCED_SIDE = 6000
"""A larger photo is reduced to this longest side before it is changed."""


class Explainer:
    """Explains scores of one model. Loads what it needs on first use; safe to share.

    Args:
        model: name of a bundled model, or a model directory.
    """

    def __init__(self, model: str | Path) -> None:
        self.card: ModelCard = find_model(model)
        self.gradients = GradientModel(self.card)
        self._scorer = AestheticScorer(self.card)
        self._describer = FaceDescriber()
        self._analyzer: Analyzer | None = None
        self._model = model

    @property
    def analyzer(self) -> Analyzer:
        """The whole way from a picture to its score."""
        if self._analyzer is None:
            self._analyzer = open_analyzer(self._model)
        return self._analyzer

    def check(
        self,
        pixels: ImageArray,
        score: Score,
        faces: Sequence[Face] = (),
        target: Target = Target.MEAN,
        rating: int | None = None,
        branch: maps.Branch = maps.Branch.BOTH,
    ) -> Check:
        """Whether the map that `maps.explain` draws tells the truth; about a second or two.

        Args:
            pixels: uint8 (h, w, 3), the photo at any size.
            score: with its maps.
            faces: the photo's faces, the largest first; the first is described anew on every
                changed picture, where it was found.
            target, rating, branch: as given to `maps.explain`.
        """
        explanation = maps.explain(score, target, rating, branch)
        height, width = pixels.shape[:2]
        scale = min(1.0, 512 / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        whole = maps.canvas(explanation, *size)
        face = faces[0] if faces and self._scorer.uses_face else None

        def predict(changed: ImageArray) -> ScoreDistribution:
            seen = self._describer.describe(changed, face) if face is not None else None
            return self._scorer.score(changed, seen).distribution

        return check_map(pixels, whole, predict, target, rating)

    def gradient_map(
        self,
        pixels: ImageArray,
        faces: Sequence[Face] = (),
        target: Target = Target.MEAN,
        rating: int | None = None,
        *,
        guided: bool = True,
    ) -> FloatArray:
        """The gradient (h, w, 3) of a target at the model's input size, per grey level."""
        score_face = faces[0] if faces and faces[0].descriptor is not None else None
        gradient, predicted = self.gradients.gradient(
            prepare(pixels, self.card.image), score_face, MEAN_SCORE, guided=guided
        )
        if target is Target.MEAN:
            return gradient
        gradient, _ = self.gradients.gradient(
            prepare(pixels, self.card.image),
            score_face,
            _goal(target, rating, predicted),
            guided=guided,
        )
        return gradient

    def enhance(
        self,
        file: Path,
        *,
        steps: int = enhancing.STEPS,
        ratings: Sequence[int] | None = enhancing.CLASSES,
        guided: bool = False,
    ) -> Change:
        """Raise a photo's score by changes nobody sees; see `enhancing.enhance`.

        Raises:
            AlbumenError: the photo can't be read or scored.
        """
        pixels, face = self._opened(file)
        return enhancing.enhance(
            pixels, self.gradients, self._rescore, face, steps=steps, ratings=ratings, guided=guided
        )

    def fragility(self, file: Path, level: float, *, steps: int = 40) -> Fragility:
        """The smallest change that takes a photo's mean score across ``level``.

        On the reduced copy that is scored when photos are scanned, so it starts from the score
        that is shown.

        Some seconds; ``steps`` bounds them.

        Raises:
            AlbumenError: the photo can't be read or scored.
        """
        pixels, face = self._opened(file, WORKING_SIDE, exact=False)
        return enhancing.fragility(pixels, self.gradients, self._rescore, level, face, steps=steps)

    def _opened(
        self, file: Path, side: int = ENHANCED_SIDE, *, exact: bool = True
    ) -> tuple[ImageArray, Face | None]:
        """A photo's pixels and the face that counts."""
        picture = decode(file, side, exact=exact)
        analysis = self.analyzer.analyze_picture(_working(picture))
        if analysis.score is None:
            raise AlbumenError(f"The photo has no score: {analysis.reason}.")
        return picture.pixels, analysis.faces[0] if analysis.faces else None

    def _rescore(self, pixels: ImageArray) -> float:
        height, width = pixels.shape[:2]
        analysis = self.analyzer.analyze_picture(_working(_picture(pixels, width, height)))
        if analysis.score is None:
            raise AlbumenError(f"The changed photo has no score: {analysis.reason}.")
        return analysis.score.mean


def _goal(target: Target, rating: int | None, predicted: ScoreDistribution) -> Goal:
    if target is Target.AVERAGE:
        return Goal(logits=predicted.probabilities)
    if rating is None:
        raise ValueError(f"{target} needs a rating")
    return logit_of(rating) if target is Target.LOGIT else share_of([rating])


def _picture(pixels: ImageArray, width: int, height: int) -> Picture:
    return Picture(pixels, PhotoMetadata(format="PNG", width=width, height=height))


def _working(picture: Picture) -> Picture:
    """The picture at the size at which photos are analyzed, reduced just as a file would be."""
    height, width = picture.pixels.shape[:2]
    size = whole_step((width, height), WORKING_SIDE)
    if size == (width, height):
        return picture
    return Picture(render(Image.fromarray(picture.pixels), size, 1, None), picture.metadata)


def drawable(gradient: FloatArray) -> FloatArray:
    """A gradient (h, w, 3) as one map for `saliency.overlay`: smoothed, without outliers."""
    import cv2

    smooth = np.asarray(cv2.GaussianBlur(gradient_strength(gradient), (0, 0), 1.5), np.float32)
    limit = float(np.percentile(np.abs(smooth), 99.5))
    return np.clip(smooth, -limit, limit).astype(np.float32) if limit > 0 else smooth
