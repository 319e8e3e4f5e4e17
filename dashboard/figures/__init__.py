"""Charts as plain functions: points in, a Plotly figure (a dict) out. No Dash, no questions, no phrases of its own.

Figures are dicts rather than `go.Figure`: what travels is what is written here, lists that compress well, never base64.
"""

from dashboard.figures.answers import Answer
from dashboard.figures.common import HEIGHT, Figure, Style, Window, axis_window, config
from dashboard.figures.days import days
from dashboard.figures.heatmap import heatmap
from dashboard.figures.histogram import histogram
from dashboard.figures.live import BAND, DOTS, LINE, MARKED_POINTS, MARKS, live_marks, series_figure
from dashboard.figures.losses import losses
from dashboard.figures.marks import Mark
from dashboard.figures.timeline import Curve, timeline

__all__ = [
    "BAND", "DOTS", "HEIGHT", "LINE", "MARKED_POINTS", "MARKS", "Answer", "Curve", "Figure", "Mark", "Style", "Window",
    "axis_window", "config", "days", "heatmap", "histogram", "live_marks", "losses", "series_figure", "timeline",
]  # fmt: skip
