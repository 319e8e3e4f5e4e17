"""The page System: how the broker, ingest, the store and the dashboard are doing, and what was lost."""
