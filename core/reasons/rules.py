"""When a measurement is a reason: thresholds, how grave, and how they were calibrated."""

from __future__ import annotations

from dataclasses import dataclass

from core.reasons.codes import Code


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason's rule.

    A measurement on ``worst``'s side of ``threshold`` is a fault; ``worst`` is where its severity
    reaches 1. ``weight`` (0..1) says how much the fault spoils a portrait; it orders reasons.
    """

    threshold: float
    worst: float
    weight: float

    def severity(self, value: float) -> float | None:
        """0 (just noticed) .. 1, or ``None`` for no fault."""
        beyond = (value - self.threshold) / (self.worst - self.threshold)
        return None if beyond <= 0 else min(1.0, beyond)


RULES: dict[Code, Rule] = {
    Code.EYES_CLOSED: Rule(65.0, 98.0, 1.0),
    Code.FACE_BLURRED: Rule(1.85, 5.0, 0.9),
    Code.MOTION_BLUR: Rule(1.85, 6.0, 0.9),
    Code.FACE_COVERED: Rule(60.0, 99.0, 0.9),
    Code.FACE_CUT: Rule(2.0, 40.0, 0.8),
    Code.FACE_DARK: Rule(54.0, 20.0, 0.8),
    Code.FACE_OVEREXPOSED: Rule(5.0, 60.0, 0.8),
    Code.BACK_LIGHT: Rule(1.0, 4.0, 0.7),
    Code.TURNED_AWAY: Rule(0.75, 1.2, 0.5),
    Code.RED_EYE: Rule(24.0, 55.0, 0.5),
    Code.LOOKING_AWAY: Rule(0.25, 0.45, 0.4),
    Code.MID_WORD: Rule(0.28, 0.8, 0.4),
    Code.NOISE: Rule(9.0, 25.0, 0.5),
    Code.COMPRESSED: Rule(48.0, 250.0, 0.5),
    Code.FACE_TINY: Rule(48.0, 12.0, 0.4),
    Code.LOW_RESOLUTION: Rule(0.05, 0.01, 0.3),
    Code.HIGHLIGHTS_CLIPPED: Rule(18.0, 70.0, 0.4),
    Code.HORIZON_TILTED: Rule(2.5, 10.0, 0.4),
    Code.COLOUR_CAST: Rule(83.0, 99.9, 0.5),
}
