"""Schedules: kept, run at their moments, and what came of each run."""
