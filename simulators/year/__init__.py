"""A whole year of a building at once: what its wires and its people would have said, and what really was.

Nothing here listens on a socket or waits: `simulators.year.year.make` is a pure function of a seed.
"""
