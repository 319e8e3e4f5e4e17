"""The examples of the documents, for tests that run them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python_examples(page: str, heading: str) -> list[str]:
    """The Python examples below a heading."""
    section = re.split(r"^## ", (ROOT / page).read_text(), flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(heading))
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)
