"""Similarities of scored pairs, ordered as their scores are."""

from __future__ import annotations

import torch
from torch import Tensor


def misordering(similarities: Tensor, scores: Tensor) -> Tensor:
    """log(1 + sum over score_i > score_j of exp(similarity_j - similarity_i)), Su's CoSENT.

    similarities: float [pairs], scaled; scores: float [pairs]. Pairs of equal score are not compared.
    """
    differences = similarities.unsqueeze(0) - similarities.unsqueeze(1)  # [i, j] = similarity_j - similarity_i
    ordered = scores.unsqueeze(1) > scores.unsqueeze(0)  # [i, j]: i should be nearer than j
    return torch.logsumexp(torch.cat([differences.new_zeros(1), differences[ordered]]), dim=0)
