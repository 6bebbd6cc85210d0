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
    Code.EYES_CLOSED: Rule(50.0, 95.0, 1.0),
    Code.FACE_BLURRED: Rule(1.9, 5.0, 0.9),
    Code.MOTION_BLUR: Rule(1.9, 6.0, 0.9),
    Code.FACE_COVERED: Rule(25.0, 60.0, 0.9),
    Code.FACE_CUT: Rule(12.0, 50.0, 0.8),
    Code.FACE_DARK: Rule(40.0, 15.0, 0.8),
    Code.FACE_OVEREXPOSED: Rule(20.0, 70.0, 0.8),
    Code.BACK_LIGHT: Rule(2.5, 5.0, 0.7),
    Code.TURNED_AWAY: Rule(0.3, 0.5, 0.5),
    Code.RED_EYE: Rule(30.0, 60.0, 0.5),
    Code.LOOKING_AWAY: Rule(0.2, 0.4, 0.4),
    Code.MID_WORD: Rule(0.3, 0.8, 0.4),
    Code.NOISE: Rule(8.0, 30.0, 0.5),
    Code.COMPRESSED: Rule(60.0, 300.0, 0.5),
    Code.FACE_TINY: Rule(40.0, 12.0, 0.4),
    Code.LOW_RESOLUTION: Rule(0.25, 0.02, 0.3),
    Code.HIGHLIGHTS_CLIPPED: Rule(15.0, 60.0, 0.4),
    Code.HORIZON_TILTED: Rule(2.0, 10.0, 0.4),
    Code.COLOUR_CAST: Rule(20.0, 45.0, 0.5),
}
