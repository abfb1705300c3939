"""A building that can be spoken to. Meets the agent on sockets only, and imports none of its rooms."""
