"""The page Live without a chosen device: every device as a card, with what is new once a second.

The server draws the cards (`cards`) from a few questions about all devices (`entries`); a tick (`ticking`) sends the
readings that are new and nothing else, and the browser writes them into the cards (assets/overview.js).
"""
