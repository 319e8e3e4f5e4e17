"""The whole of Lumos as a user starts it: real processes, a real broker, a real database file, HTTP from outside."""
