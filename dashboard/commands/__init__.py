"""Telling devices something: published, held, and what became of it."""
