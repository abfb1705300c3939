"""A year of a building's energy at once: weather, people, meters, what spoils their readings, what is wasted, and
the truth of all of it.

Nothing here listens on a socket or waits: `simulators.energy.year.make` is a pure function of a seed and a year.
"""
