"""The page Explore: what is chosen, the panels that show it, and the drawing of its chart over time."""
