"""The command lines of ingest that work on the store, with a running ingest or without."""
