"""The shared kernel: what ingest and the dashboard both need, and nothing else.

It is here so that the two programs agree on topics, commands, settings, the data folder and the questions one may ask
the store, without knowing each other. It must never import `ingest`, `dashboard` or `launcher`.
"""

__version__ = "0.1.0"
