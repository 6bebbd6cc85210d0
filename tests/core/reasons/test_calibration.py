"""The table that ships with the program is of the thresholds that it uses."""

from __future__ import annotations

from core.reasons.calibration import calibration
from core.reasons.codes import Code
from core.reasons.rules import RULES


def test_the_table_is_of_the_thresholds_in_use() -> None:
    judged = calibration().thresholds
    assert len(judged) > 15
    assert judged == {name: RULES[Code(name)].threshold for name in judged}  # a new one waits


def test_no_reason_is_cried_on_one_in_twenty_clean_portraits() -> None:
    for code, share in calibration().cried.items():
        assert share.n > 200, code
        assert share.low <= share.value <= share.high, code
        assert share.value < 0.05, code
