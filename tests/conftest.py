"""What holds for all tests: no example of a property test has a deadline, since a busy machine would miss it."""

from hypothesis import settings

settings.register_profile("lumos", deadline=None)
settings.load_profile("lumos")
