"""What a running ingest gives to others: answers over Arrow Flight, and actions by name."""
