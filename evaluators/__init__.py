"""Judging: pure folds from ordered facts to verdicts. No clock, no files, no network, no random."""
