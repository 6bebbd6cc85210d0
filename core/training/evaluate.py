"""Judging a model against people: the program's own graph on photos people rated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import SCORE_BINS, ImageArray
from core.errors import ModelError
from core.inference.cards import ImageInput, ModelCard
from core.inference.preprocess import normalize
from core.inference.session import SessionFactory, shared_sessions
from core.training.encoders import Encoder, build_encoder
from core.training.metrics import THRESHOLD, Agreement, Array, agreement, mean_scores
from core.training.photos import PhotoArrays, PhotoReader
from core.training.pixels import Progress, silent
from core.training.ratings import RatedPhoto, distributions
from core.training.trained_on import seen


def predict_arrays(
    card: ModelCard,
    whole: ImageArray,
    descriptors: NDArray[np.float32] | None = None,
    progress: Progress = silent,
    sessions: SessionFactory = shared_sessions,
) -> Array:
    """(n, 10) distributions for uint8 (n, h, w, 3) pictures of exactly the card's size.

    ``descriptors`` (n, width) or ``None`` for "no face anywhere". Raises ``ModelError`` when their
    width is not the card's.
    """
    session = sessions(card)
    found = np.empty((len(whole), SCORE_BINS), np.float64)
    vector = card.descriptor
    for index, picture in enumerate(whole):
        inputs = {card.image.name: normalize(picture, card.image)}
        if vector is not None:
            face = np.zeros(vector.length, np.float32)
            if descriptors is not None:
                face = descriptors[index]
            if face.shape != (vector.length,):
                raise ModelError(
                    f"{card.name} takes descriptors of {vector.length} numbers, not {face.size}."
                )
            inputs[vector.name] = face[None]
        shares = session.run(inputs)["distribution"][0].astype(np.float64)
        found[index] = shares / shares.sum()
        progress("scoring", index + 1, len(whole))
    return found


def encoder_of(card: ModelCard) -> Encoder:
    """The encoder whose descriptors the card asks for; FaceRes where it asks for none, so that
    portraits can be told apart for every model."""
    return build_encoder(card.descriptor.encoder if card.descriptor else "faceres")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One model on one set of rated photos, ``trained_on`` of which it had seen (``None``: it does
    not say); figures on those flatter it."""

    model: str
    overall: Agreement
    portraits: Agreement | None
    predicted: Array = field(repr=False)
    truth: Array = field(repr=False)
    photos: PhotoArrays = field(repr=False)
    image: ImageInput = field(repr=False)
    trained_on: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "model": self.model,
            "trained_on": self.trained_on,
            "all": self.overall.as_dict(),
            "portraits": self.portraits.as_dict() if self.portraits else None,
        }


def evaluate(
    card: ModelCard,
    rated: Sequence[RatedPhoto],
    *,
    threshold: float = THRESHOLD,
    reader: PhotoReader | None = None,
    arrays: PhotoArrays | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Agreement over all photos and over the portraits (a face over 8 % of the width).

    Intervals resample whole groups (themes, challenges). ``arrays`` are the same photos as read
    for another model that takes its pictures alike.
    """
    if arrays is None:
        reader = reader or PhotoReader(card.image, encoder_of(card))
        arrays = reader.read([photo.path for photo in rated], progress)
    descriptors = arrays.descriptors if card.descriptor else None
    predicted = predict_arrays(card, arrays.whole, descriptors, progress)
    truth = distributions(rated)
    groups = [photo.group for photo in rated]
    chosen = np.flatnonzero(arrays.portraits)
    portraits = None
    if len(chosen) >= 3:
        portraits = agreement(
            predicted[chosen],
            truth[chosen],
            threshold=threshold,
            groups=[groups[i] for i in chosen],
        )
    overall = agreement(predicted, truth, threshold=threshold, groups=groups)
    known = seen(card, [photo.path for photo in rated])
    return Evaluation(
        card.model_id,
        overall,
        portraits,
        predicted,
        truth,
        arrays,
        card.image,
        None if known is None else int(known.sum()),
    )


def gap_between(scores: Array, labels: Sequence[str]) -> dict[str, float]:
    """Mean score per label and, for two labels, their difference (first in order minus second)."""
    names = sorted(set(labels))
    means = {
        name: float(np.mean([s for s, label in zip(scores, labels, strict=True) if label == name]))
        for name in names
    }
    if len(names) == 2:
        means["difference"] = means[names[0]] - means[names[1]]
    return means


def fault_rates(
    card: ModelCard,
    arrays: PhotoArrays,
    strength: float = 1.0,
    progress: Progress = silent,
) -> dict[str, float]:
    """Share of photos whose degraded copy scores no higher than the original, per kind of fault.

    The descriptor is kept from the clean photo, so this asks the scene branch alone.
    """
    from core.training.pixels import FAULTS, faulty

    clean = mean_scores(predict_arrays(card, arrays.whole, arrays.descriptors))
    rates = {}
    for number, kind in enumerate(FAULTS):
        copies = np.stack([faulty(picture, kind, strength) for picture in arrays.whole])
        scores = mean_scores(predict_arrays(card, copies, arrays.descriptors))
        rates[kind] = float(np.mean(scores <= clean))
        progress("degrading", number + 1, len(FAULTS))
    return rates
