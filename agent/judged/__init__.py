"""What was judged, kept in the journal: each new answer names the one it replaces."""
