"""Code that runs on tensors without memory, and an account of the memory that they would have taken.

Inside the block, tensors have a shape and a dtype (torch's FakeTensor); integers that steer the code, such as the
lengths of texts, have their values too. So what is counted is what the run's own modules do, forward and backward, and
not what a formula says of them.
"""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves, tree_map

aten = torch.ops.aten

INDEXING = (aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default)
"""What takes boolean masks, whose number of elements nobody knows without their values."""

FEW = 2**20
"""Floating-point numbers that a tensor whose values are computed has at most."""

COUNTING = (aten.arange.default, aten.arange.start, aten.arange.start_step)


class Rehearsal(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A block whose tensors take no memory: `live` says how many bytes they would take now, `peak` the most so far."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.live = 0
        self.peak = 0
        self.gradients = 0
        """Bytes of weights' gradients that live now."""
        self.gradients_at_peak = 0
        self.peak_without = 0
        """The most bytes that lived at once, those gradients left out."""
        self._fakes = FakeTensorMode(allow_non_fake_inputs=True)
        self._counted: dict[int, weakref.ref[Any]] = {}

    def __enter__(self) -> Rehearsal:
        self._fakes.__enter__()
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *details: Any) -> None:
        super().__exit__(*details)  # type: ignore[no-untyped-call]
        self._fakes.__exit__(*details)

    def pose(self, real: Tensor) -> Any:
        """A tensor that takes no memory but has these values."""
        fake = self._pose(real, real.device)
        self._count(fake)
        return fake

    def restart(self) -> int:
        """Count the peak anew from here; returns the bytes that live now."""
        self.peak, self.gradients_at_peak = self.live, self.gradients
        self.peak_without = self.live - self.gradients
        return self.live

    def watch(self, weight: nn.Parameter) -> None:
        """Tell the gradient of a weight from all else."""

        def made(weight: Tensor) -> None:
            assert weight.grad is not None
            self.gradients += weight.grad.nbytes

        weight.register_post_accumulate_grad_hook(made)  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.prim.device.default:  # asked more often than all else
            return args[0].fake_device
        kwargs = kwargs or {}
        if func in INDEXING:
            args = (args[0], [place for index in args[1] for place in self._places(index)], *args[2:])
        result = self._with_values(func, args, kwargs)
        if result is NotImplemented:
            result = func(*args, **kwargs)
        for tensor in (result,) if isinstance(result, Tensor) else tree_leaves(result):
            if isinstance(tensor, FakeTensor):
                self._count(tensor)
        return result

    def _count(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self._counted:
            return
        self.live += size
        if self.live > self.peak:
            self.peak, self.gradients_at_peak = self.live, self.gradients
        self.peak_without = max(self.peak_without, self.live - self.gradients)

        def free(_: Any) -> None:
            self._counted.pop(key, None)
            self.live -= size

        self._counted[key] = weakref.ref(storage, free)

    def _with_values(self, func: Any, args: Any, kwargs: Any) -> Any:
        """What is computed from values that are there, and is small: integers, and single numbers."""
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if not all(_value(tensor) is not None for tensor in given) or not (given or func in COUNTING):
            return NotImplemented
        device = kwargs.get("device") or (given[0].device if given else torch.device("cpu"))
        here = {**kwargs, "device": "cpu"} if "device" in kwargs else kwargs
        with _disable_current_modes():
            real = func(*tree_map(_value, args), **tree_map(_value, here))
        if _is_view(func):
            views = func(*args, **kwargs)
            for view, values in zip(tree_leaves(views), tree_leaves(real), strict=True):
                view.value = values
            return views
        poses = {id(_value(tensor)): tensor for tensor in given if isinstance(tensor, FakeTensor)}
        # what was changed in place is returned as itself
        return tree_map(lambda leaf: poses[id(leaf)] if id(leaf) in poses else self._pose(leaf, device), real)

    def _pose(self, real: Any, device: torch.device) -> Any:
        if not isinstance(real, Tensor):
            return real
        fake: Any = torch.empty_strided(real.shape, real.stride(), dtype=real.dtype, device=device)
        if not real.is_floating_point() or real.numel() <= FEW:
            fake.value = real
        return fake

    def _places(self, index: Any) -> list[Any]:
        if index is None or index.dtype is not torch.bool:
            return [index]
        with _disable_current_modes():
            places = torch.nonzero(_value(index)).unbind(1)
        posing = [self._pose(place, index.device) for place in places]
        for place in posing:
            self._count(place)
        return posing


def _is_view(func: Any) -> bool:
    """Whether what the operation returns shares the memory of what it is given, and nothing is written."""
    aliases = [returned.alias_info for returned in func._schema.returns]
    return any(alias is not None and not alias.is_write for alias in aliases)


def _value(leaf: Any) -> Any:
    """The values of a tensor, or None where it has none; anything else is itself."""
    return getattr(leaf, "value", None) if isinstance(leaf, FakeTensor) else leaf
