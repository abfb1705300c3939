"""The building itself: what every signal is at a simulated instant. Pure: no sockets, no clock."""
