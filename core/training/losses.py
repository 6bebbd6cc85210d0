"""Losses on rating distributions."""

from __future__ import annotations

import torch
from torch import Tensor

TINY = 1e-9
"""Keeps the square root's gradient finite where prediction and truth coincide."""


def emd_loss(
    logits: Tensor, target: Tensor, weights: Tensor | None = None, r: float = 2.0
) -> Tensor:
    """Mean earth mover's distance between softmax(``logits``) and ``target``, both (n, bins).

    ``(1/N sum_k |CDF_p(k) - CDF_q(k)|^r)^(1/r)`` with r = 2 for training (Talebi and Milanfar,
    "NIMA: Neural Image Assessment", equation 1); 0 when equal, at most 1. ``weights`` (n,), of
    mean 1, say how much each photo counts.
    """
    difference = (logits.softmax(dim=1) - target).cumsum(dim=1)
    distance = (difference.abs().pow(r).mean(dim=1) + TINY).pow(1.0 / r)
    return (distance if weights is None else distance * weights).mean()


def level_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Mean squared error between the mean scores of prediction and truth, in score units."""
    levels = torch.arange(1, logits.shape[1] + 1, dtype=logits.dtype, device=logits.device)
    return ((logits.softmax(dim=1) - target) @ levels).pow(2).mean()


def ordered_loss(clean: Tensor, faulty: Tensor, margin: float) -> Tensor:
    """Hinge on the mean scores: a faulty copy should score at least ``margin`` below its original.

    Used with a small weight only: as a main aim it costs agreement with people. The original's
    score is a fixed reference, so the term can only lower faulty copies, never raise clean photos.
    """
    levels = torch.arange(1, clean.shape[1] + 1, dtype=clean.dtype, device=clean.device)
    gap = (clean.softmax(dim=1) @ levels).detach() - faulty.softmax(dim=1) @ levels
    return torch.relu(margin - gap).mean()
