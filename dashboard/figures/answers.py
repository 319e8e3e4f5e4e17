"""What a figure of the page Explore is given: an answer, and what its series is called and looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a panel's question about one series."""

    name: str
    unit: str
    hue: str
    table: pa.Table
    #: How many decimals people want to see; None where nobody said.
    decimals: int | None = None

    def digits(self, deserved: int) -> int:
        """As many decimals as people said, else as many as the values deserve."""
        return deserved if self.decimals is None else self.decimals
