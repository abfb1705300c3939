"""MQTT devices: what they publish where."""
