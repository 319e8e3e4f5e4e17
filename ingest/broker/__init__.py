"""Ingest's side of the broker: the connection and its session, what waits, who may connect, what boards are told."""
