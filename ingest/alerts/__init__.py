"""Alerts: rules watched as readings are committed, episodes kept, and messages sent through channels.

`engine` watches, in the writer's thread; `rules` and `episodes` are its tables; `sending` sends, in threads of its own.
"""
