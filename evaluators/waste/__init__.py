"""Waste that meters show: findings, not clauses. Pure."""
