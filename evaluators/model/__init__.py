"""The words every room may use, on the standard library alone."""
