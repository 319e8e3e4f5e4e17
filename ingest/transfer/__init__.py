"""Readings from files and into files: `python -m ingest import` and `export`, CSV and Parquet, in bounded memory.

Files are read and written by the command line, as the user who asks; the store takes and gives parts in `data/backups`,
the only folder that both DuckDB and the command line reach.
"""
