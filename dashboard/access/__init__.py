"""Who may look, act and change things at the dashboard: people, sessions, tokens, a guard in front of every route.

Alone on a loopback address nobody logs in; as soon as the dashboard can be reached from elsewhere, nobody is anonymous.
"""
