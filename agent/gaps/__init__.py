"""The gap ledger."""
