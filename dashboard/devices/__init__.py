"""The page Devices: which boards there are and how they do, and everything about one of them."""
