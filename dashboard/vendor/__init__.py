"""What others made and browsers are given as it is.

`plotly-cartesian.min.js`: Plotly's own bundle of the charts with two axes (npm `plotly.js-cartesian-dist-min`, MIT, see
plotly-LICENSE.txt), all that Lumos draws. It is a third of the whole Plotly that comes with the Python package, and a
browser runs it in a third of the time. A test holds its version to that package's: after an upgrade of the one, take
the same version of the other.
"""

from __future__ import annotations

from pathlib import Path

#: The file as browsers get it.
PLOTLY = Path(__file__).parent / "plotly-cartesian.min.js"
