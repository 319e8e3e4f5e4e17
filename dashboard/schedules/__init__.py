"""The page Schedules: what each says in words, when it is due next, and what came of its runs."""
