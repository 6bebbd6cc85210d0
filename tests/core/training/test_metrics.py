"""Figures of agreement, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import UsageError
from core.training.metrics import accuracy, advantage, agreement, emd, lcc, ranks, srcc
from core.training.uncertainty import close_call_width, fit_rule, pair_agreement


def test_ranks_share_ties() -> None:
    assert ranks(np.array([10.0, 30.0, 10.0, 20.0])).tolist() == [1.5, 4, 1.5, 3]


def test_correlations_see_order_and_line() -> None:
    truth = np.array([1.0, 2, 3, 4])
    assert srcc(truth**3, truth) == pytest.approx(1)
    assert lcc(2 * truth + 1, truth) == pytest.approx(1)
    assert srcc(-truth, truth) == pytest.approx(-1)
    assert np.isnan(lcc(np.ones(4), truth))


def test_accuracy_counts_the_same_side_of_the_threshold() -> None:
    assert accuracy(np.array([5, 6, 7.0]), np.array([4, 5, 6.0]), 5.5) == pytest.approx(2 / 3)


def test_emd_is_the_share_moved_times_the_distance() -> None:
    one, other = np.zeros((1, 10)), np.zeros((1, 10))
    one[0, 0], other[0, 9] = 1, 1
    assert emd(one, other) == pytest.approx(0.9)


def test_agreement_gives_intervals_around_its_values() -> None:
    generator = np.random.default_rng(0)
    truth = generator.dirichlet(np.ones(10), 80)
    found = agreement(truth * 0.7 + 0.03, truth, groups=[f"g{i // 4}" for i in range(80)])
    assert found.n == 80
    assert found.srcc.low <= found.srcc.value <= found.srcc.high
    assert found.srcc.value > 0.99
    assert found.emd is not None
    assert found.predicted.std < found.truth.std
    with pytest.raises(UsageError):
        agreement(truth[:2], truth[:2])


def test_a_better_model_has_an_advantage_above_zero() -> None:
    generator = np.random.default_rng(1)
    truth = generator.normal(size=200)
    good, bad = truth + generator.normal(size=200) * 0.3, generator.normal(size=200)
    gain = advantage(good, bad, truth)
    assert gain.low > 0


def test_pairs_further_apart_are_ordered_more_surely() -> None:
    generator = np.random.default_rng(2)
    truth = generator.normal(5, 1.5, 150)
    predicted = truth + generator.normal(0, 1.2, 150)
    width = close_call_width(predicted, truth, 0.85)
    assert width > 0
    assert pair_agreement(predicted, truth, width) >= 0.85 > pair_agreement(predicted, truth, 0)
    rule = fit_rule(predicted, np.full(150, 1.4), truth, 0.85)
    assert rule.half_width(1.4) == pytest.approx(width, abs=1e-6)
