"""How the store keeps its readings over years: closing days, retention, corrections, backups. Used by ingest alone."""
