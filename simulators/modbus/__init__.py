"""Modbus TCP devices: which register holds which signal, and the sockets that serve them."""
