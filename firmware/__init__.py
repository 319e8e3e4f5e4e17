"""What runs on the board (`board`), simulated boards (`simulator`), the commands for both (`python -m firmware`).

Nothing here imports the host's packages: a board must be usable with any broker, and without the rest of Lumos.
"""
