"""What `python app.py` does beyond any one program: set-up, the embedded broker, starting and watching the parts.

It starts ingest, the dashboard and the simulator as processes and never imports them.
"""
