"""The journal: what was taken, on disk, before anything is acknowledged."""
