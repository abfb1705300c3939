"""The people of the simulated building: what they state, as files of records dropped into a folder.

What was before the start is stated at once, what happens meanwhile as it happens. All of it is true, save for one
form: the month's test of the smoke detectors, which nobody carried out. Everything follows from the seed and the
instant of the start; all names are invented.
"""
