"""The running process: the only room that schedules, and the only one that knows the time."""
