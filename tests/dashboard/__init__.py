"""Tests of the dashboard without a browser: figures and callbacks as plain functions, HTTP against a real file."""
