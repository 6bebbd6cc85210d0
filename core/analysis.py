"""One photo, decoded once and used for everything: thumbnail, faces, descriptors, score."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Protocol

import numpy as np

from core.domain import Analysis, Face, ImageArray, Picture, Score, Status
from core.errors import ModelError, PhotoChangedError, UnreadablePhotoError
from core.files.decode import decode
from core.files.thumbnails import make_thumbnail
from core.inference.aesthetics import AestheticScorer, FaceFeatureMap
from core.inference.cards import ModelCard, find_model
from core.inference.faces import FaceDescriber, FaceDetector
from core.inference.precision import Precision, at_precision
from core.settings import load_settings

WORKING_SIDE = 960
"""Least long side, in pixels, of the picture that every consumer shares (less than twice this).

JPEG decoders scale by 1/2, 1/4, 1/8 nearly for free: at 960 a 12- to 24-Mpx photo is read at 1/4.
"""

MIN_SIDE = 32
"""A picture with a shorter side shows nothing that could be judged."""

FLAT_RANGE = 10
"""Grey levels (of 255) between the 1st and 99th percentile below which a frame counts as flat.

A lens cap with sensor noise spans 2-6 after averaging; the dullest fog we have spans over 20.
"""

MAX_DESCRIBED_FACES = 12
"""Faces of a crowd, largest first, that get a descriptor; the rest only count."""


class Scorer(Protocol):
    """What gives a photo its score."""

    @property
    def card(self) -> ModelCard:
        """The model's card."""

    def score(
        self,
        pixels: ImageArray,
        face: Face | None = None,
        face_map: FaceFeatureMap | None = None,
    ) -> Score:
        """Score upright sRGB pixels."""


class Analyzer:
    """Analyzes photos with one model. Safe to share between threads.

    Attributes:
        model_id: name of the model and its weights; scores are kept under it.
    """

    def __init__(self, scorer: Scorer, detector: FaceDetector, describer: FaceDescriber) -> None:
        self._scorer = scorer
        self._detector = detector
        self._describer = describer
        self.model_id = scorer.card.model_id

    def analyze(self, path: Path) -> Analysis:
        """Everything derived from one file; a photo that can't be read is a result too.

        Raises:
            PhotoChangedError: the file vanished or changed meanwhile; try again later.
            ModelError: a model can't be used; no photo can be analyzed until that is mended.
        """
        try:
            picture = decode(path, WORKING_SIDE, exact=False)
        except PhotoChangedError:
            raise
        except UnreadablePhotoError as error:
            return Analysis(None, Status.UNREADABLE, str(error), None, ())
        return self.analyze_picture(picture)

    def analyze_picture(self, picture: Picture) -> Analysis:
        """Everything derived from decoded pixels (uint8, RGB, upright sRGB)."""
        pixels = picture.pixels
        small = halved(pixels)
        thumbnail = make_thumbnail(small)
        reason = why_not_scored(dataclasses.replace(picture, pixels=small))
        if reason is not None:
            return Analysis(picture.metadata, Status.NOT_SCORED, reason, None, (), thumbnail)
        faces, main_face, face_map = self._faces(pixels)
        return Analysis(
            metadata=picture.metadata,
            status=Status.SCORED,
            reason=None,
            score=self._scorer.score(pixels, main_face, face_map),
            faces=faces,
            thumbnail=thumbnail,
            likeness=likeness(small),
        )

    def _faces(
        self, pixels: ImageArray
    ) -> tuple[tuple[Face, ...], Face | None, FaceFeatureMap | None]:
        """All faces, largest first, the one that counts for the score, and its feature map."""
        found = sorted(self._detector.detect(pixels), key=lambda face: -face.box.area)
        described: list[Face] = []
        face_map: FaceFeatureMap | None = None
        for index, face in enumerate(found[:MAX_DESCRIBED_FACES]):
            described_face, its_map = self._describer.describe_with_map(pixels, face)
            described.append(described_face)
            if index == 0:
                face_map = its_map
        faces = (*described, *found[MAX_DESCRIBED_FACES:])
        return faces, faces[0] if faces else None, face_map


def open_analyzer(model: str | Path | None = None, precision: Precision | None = None) -> Analyzer:
    """An analyzer with a bundled model by name, or with a model directory.

    Args:
        model: the scoring model; ``None`` for the default one.
        precision: of scores and descriptors; ``None`` for what the settings say.

    Raises:
        ModelError: a model is missing or damaged; the text names the file.
    """
    wanted = precision or Precision(load_settings().precision)
    card, descriptor_card = (
        at_precision(find_model(name), wanted)
        for name in (model if model is not None else DEFAULT_MODEL, "faceres")
    )
    return Analyzer(AestheticScorer(card), FaceDetector(), FaceDescriber(descriptor_card))


DEFAULT_MODEL = "fused"
"""The bundled model that scores unless another one is chosen."""


def usable_model(wanted: str | Path) -> tuple[str | Path, str, str | None]:
    """(model, its id, what to tell the user) for a program that starts whatever is missing.

    The default model stands in for one that can't be found. Where even that one is missing there
    are no scores, and `open_analyzer` says why; the graph itself is looked at only there.
    """
    try:
        return wanted, find_model(wanted).model_id, None
    except ModelError as error:
        problem = str(error)
    if wanted == DEFAULT_MODEL:
        return wanted, wanted, problem
    model, model_id, also = usable_model(DEFAULT_MODEL)
    return model, model_id, also or f"{problem} Photos are scored with “{DEFAULT_MODEL}”."


def halved(pixels: ImageArray) -> ImageArray:
    """Half the size, for what needs no more than a thumbnail's pixels; small pictures as they are.

    The mean of 2 x 2 pixels; the last row or column of an odd number is left out.
    """
    import cv2

    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    if max(height, width) < WORKING_SIDE // 2 or min(height, width) < 1:
        return pixels
    even = pixels[: 2 * height, : 2 * width]
    half: ImageArray = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return half


def why_not_scored(picture: Picture) -> str | None:
    """Why a score of this picture would mean nothing, or ``None``."""
    metadata = picture.metadata
    if min(metadata.width, metadata.height) < MIN_SIDE:
        return f"too small to judge ({metadata.width} x {metadata.height} pixels)"
    grey = _small_grey(picture.pixels, 64, 64)
    low, high = np.percentile(grey, (1, 99))
    if high - low < FLAT_RANGE:
        return "an empty frame: " + _color_name(picture.pixels)
    return None


def _color_name(pixels: ImageArray) -> str:
    level = float(pixels.mean())
    spread = float(np.ptp(pixels.reshape(-1, 3).mean(axis=0)))
    if spread > 24:
        return "one colour"
    if level < 40:
        return "black"
    return "white" if level > 215 else "grey"


def likeness(pixels: ImageArray) -> int:
    """64-bit difference hash: near-duplicates differ in few bits.

    Each bit says whether a cell of a 9 x 8 grid is brighter than its right neighbour (N. Krawetz,
    "Kind of Like That", 2013). Signed, as SQLite keeps integers.
    """
    grey = _small_grey(pixels, 9, 8).astype(np.int16)
    bits = (grey[:, 1:] > grey[:, :-1]).ravel()
    return int(np.packbits(bits).view(">i8")[0])


def _small_grey(pixels: ImageArray, width: int, height: int) -> ImageArray:
    import cv2

    # In one pass: taken of halves it tips some four bits of a photo, which parts bursts.
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small: ImageArray = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    return small


def without_maps(analysis: Analysis) -> Analysis:
    """The same analysis without its saliency maps, where only the score is wanted."""
    if analysis.score is None:
        return analysis
    score = dataclasses.replace(analysis.score, scene_maps=None, face_maps=None)
    return dataclasses.replace(analysis, score=score)
