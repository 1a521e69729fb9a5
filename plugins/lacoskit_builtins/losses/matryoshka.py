"""Another loss on vectors cut short, so that a part of a vector serves as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator
from torch import Tensor, nn

from lacoskit import LacoskitError, Loss, Options, Placement, Section, VectorBatch, default_section, hookimpl


class MatryoshkaOptions(Options):
    """Another loss, on whole vectors and on their first values alone (Matryoshka)."""

    loss: Section[Loss[Any]] = default_section(Loss, "multiple-negatives")
    """The loss that is computed at each length."""
    dims: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (128, 64, 32)
    """Lengths to which vectors are cut; whole vectors are always trained beside them."""
    weights: tuple[PositiveFloat, ...] | None = None
    """What the loss at each of these lengths is multiplied by; null: 1, as that of whole vectors is if their length is
    not among them."""

    @field_validator("dims")
    @classmethod
    def _are_different(cls, dims: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(dims)) != len(dims):
            raise ValueError("a length stands there twice")
        return dims

    @model_validator(mode="after")
    def _one_weight_each(self) -> MatryoshkaOptions:
        if self.weights is not None and len(self.weights) != len(self.dims):
            raise ValueError(f"{len(self.weights)} weights for {len(self.dims)} dims; give one for each")
        return self


class Matryoshka(nn.Module):
    """Sum over lengths of the loss of vectors cut to them (Kusupati et al., 2205.13147).

    The wrapped loss normalises what it gets; a teacher's vectors are left whole.
    """

    def __init__(self, options: MatryoshkaOptions) -> None:
        super().__init__()
        self.loss = options.loss.component.build(options.loss.options)
        self.weight_of = dict(zip(options.dims, options.weights or [1.0] * len(options.dims), strict=True))

    def forward(self, batch: VectorBatch) -> Tensor:
        """Return the weighted sum; a LacoskitError if the vectors are shorter than a length."""
        width = batch.anchors.shape[1]
        if max(self.weight_of) > width:
            raise LacoskitError(f"loss matryoshka: vectors of {width} values cannot be cut to {max(self.weight_of)}")
        loss = batch.anchors.new_zeros(())
        for dim, weight in {width: 1.0, **self.weight_of}.items():
            loss = loss + weight * self.loss(_cut(batch, dim))
        return loss


def refuse(options: MatryoshkaOptions, placement: Placement) -> str | None:
    """Lengths beyond the vectors' own are refused before the model is loaded, where its width is known by then."""
    longest = max(options.dims)
    if placement.width is None or longest <= placement.width:
        return None
    return f"vectors of {placement.width} values cannot be cut to {longest}; give shorter dims"


def _cut(batch: VectorBatch, dim: int) -> VectorBatch:
    parts = {role: getattr(batch, role)[:, :dim] for role in ("anchors", "positives", "negatives")}
    return replace(batch, **parts)


@hookimpl
def lacoskit_losses() -> Sequence[Loss[MatryoshkaOptions]]:
    """Offer `matryoshka`."""
    return [Loss(name="matryoshka", options=MatryoshkaOptions, build=Matryoshka, refuse=refuse)]
