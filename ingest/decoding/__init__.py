"""From a message to what it says, and what becomes of one that cannot be read."""
