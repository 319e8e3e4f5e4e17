"""What is seen of an opened device before Dash is up: the frame of the page as plain HTML, and its chart.

Dash takes a browser that has never been here most of three seconds of its one thread before a first figure can be asked
for. So the address's figure is asked for by the first line of the page, and drawn as soon as it and Plotly are there.
"""
