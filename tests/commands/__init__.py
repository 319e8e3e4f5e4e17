"""Commands from the dashboard's commander to simulated boards and back, over a real Mosquitto and a real ingest."""
