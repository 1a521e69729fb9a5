"""The page of `lacoskit report`: what runs have left and what tasks and analyses say, as one file of HTML."""

from __future__ import annotations

from lacoskit.page.document import models_of, page

__all__ = ["models_of", "page"]
