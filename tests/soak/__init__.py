"""The soak: a whole Lumos in which something is always broken, for as long as somebody has patience."""
