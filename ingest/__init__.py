"""The program that writes: broker messages become validated readings in DuckDB, and questions about them are answered.

It is the only writer and the only owner of the database file. It never imports the dashboard.
"""
