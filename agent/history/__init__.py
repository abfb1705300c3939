"""Reading the journal, beside its writer or alone."""
