"""BACnet/IP devices: which object shows which signal, and the sockets that serve them."""
