"""The network for coverings is the one that was fitted."""

from __future__ import annotations

import numpy as np
import pytest

from core.reasons.covering import CoverNet
from core.reasons.reading import PLACES, bundled_probes, inside


def test_a_fitted_network_says_the_same_in_numpy_as_in_training() -> None:
    torch = pytest.importorskip("torch")
    from tests.benchmarks.reasons_cover import CoverModel, Directions, arrays

    torch.manual_seed(3)
    random = np.random.default_rng(3)
    places = random.gamma(1.0, 1.0, (60, PLACES, 200)).astype(np.float32)
    directions = Directions.of(places)
    model = CoverModel().eval()
    torch.nn.init.normal_(model.place)
    net = CoverNet(arrays(model, directions), inside())
    with torch.no_grad():
        expected = torch.sigmoid(model(directions.reduced(places))[1]).numpy()
    found = [net.certainty(one) for one in places]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.ptp(found) > 0.01


def test_any_map_gives_a_certainty() -> None:
    net = CoverNet(bundled_probes().values, inside())
    for places in (np.zeros((PLACES, 1024)), np.full((PLACES, 1024), 1e4)):
        assert 0.0 <= net.certainty(places.astype(np.float32)) <= 1.0
