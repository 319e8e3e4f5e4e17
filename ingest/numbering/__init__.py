"""Samples by their numbers: stored once, and what is missing known."""
