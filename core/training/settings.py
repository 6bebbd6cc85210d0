"""What a training run is made of; two sets of settings are named: the paper's and the bundled."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Settings:
    """One training run. The defaults are the paper's.

    Attributes:
        embedding_size: principal components of the face descriptor; 0 leaves the face out,
            ``None`` takes all.
        face_scale: size of the face inputs beside the scene's, in standard deviations.
        dropout: share of the dense layer's inputs dropped.
        penalty: L2 penalty on the dense layer's weights, beside the dropout.
        solver: stage 1 by ``adam`` (the paper's) or ``convex``: to the optimum by L-BFGS, which
            needs a ``penalty`` to have one.
        head_epochs, head_rate: stage 1, the dense layer alone.
        epochs, rate: stage 2, the whole network, or what lies above part ``frozen``.
        frozen: MobileNet's parts 0..frozen stay as they are; -1 trains everything.
        views: random crops and flips kept per photo; 0 draws a fresh one every time. Keeping
            some allows the frozen parts to run once.
        average_from: stage 2's weights are averaged over the epochs from this one on; 0 takes
            the best epoch on held-out photos (without any, the last).
        patience: epochs without a better held-out distance before stage 2 stops; 0 never stops.
        fault_weight, fault_margin: how much a companion's degraded copy should score below it (in
            score units), as a squared hinge in stage 1; a weak term, since faults are not taste.
        balance_weight, balance_gap: pulls the mean difference between two folders of companions
            towards this many score units, in stage 1.
        face_weight: how much a photo with a face counts beside one without.
        invariance: penalty on what differs between two views of one photo, in squared logits, in
            stage 1; needs kept ``views``.
        members: runs from different seeds whose weights are averaged in the end; they share
            stage 1, so they stay near enough to each other.
    """

    embedding_size: int | None = None
    face_scale: float = 1.0
    dropout: float = 0.75
    penalty: float = 0.0
    solver: str = "adam"
    head_epochs: int = 10
    head_rate: float = 1e-3
    epochs: int = 15
    rate: float = 3e-5
    batch: int = 32
    frozen: int = -1
    views: int = 0
    average_from: int = 0
    patience: int = 5
    fault_weight: float = 0.0
    fault_margin: float = 0.1
    balance_weight: float = 0.0
    balance_gap: float = 0.0
    face_weight: float = 1.0
    invariance: float = 0.0
    members: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.solver not in {"adam", "convex"}:
            raise UsageError(f"There is no solver {self.solver}; there are adam and convex.")
        if self.solver == "convex" and self.penalty <= 0:
            raise UsageError("The convex solver needs a penalty above 0.")
        if not -1 <= self.frozen <= 13 or min(self.batch, self.members) < 1 or self.views < 0:
            raise UsageError(
                "frozen is -1..13; batch and members are at least 1; views at least 0."
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for cards and checkpoints."""
        return asdict(self)


REPORTING_SEED = 101
"""Seed of the folds that figures are reported on; settings were chosen on folds of seeds 0 to 2."""

PAPER = Settings()
"""Wu and Hou, section 4: dense layer at 0.001 for 10 epochs, then all at 0.00003 for 15."""

BUNDLED = Settings(
    face_scale=0.4,
    dropout=0.5,
    penalty=0.06,
    solver="convex",
    epochs=0,
    frozen=13,
    views=3,
    average_from=1,
    invariance=0.3,
    patience=0,
    fault_weight=0.6,
    fault_margin=0.2,
    balance_weight=3.0,
    balance_gap=0.7,
    face_weight=2.0,
)
"""How ``fused`` was trained, for hundreds of photos rather than thousands: stage 1 solved to its
optimum, no stage 2 (on held-out themes it gained nothing over that; see the card)."""

ABLATION = Settings(
    face_scale=0.4,
    penalty=0.06,
    dropout=0.5,
    solver="convex",
    epochs=0,
    frozen=13,
    views=3,
    average_from=1,
    patience=0,
    invariance=0.3,
)
"""Stage 1 alone, solved to its optimum: a whole table in minutes on two cores."""

PRESETS = {"paper": PAPER, "bundled": BUNDLED, "ablation": ABLATION}
