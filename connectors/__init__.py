"""Reading controllers. One folder a protocol; nothing here writes to a controller."""
