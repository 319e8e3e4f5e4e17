"""What `make bench` reports: speed and memory of the running product, as ratios within one run.

These are not tests: nothing here fails because a machine was busy. Each module measures one thing and returns lines.
"""
