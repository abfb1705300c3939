"""Fixtures that the whole suite shares: real servers on loopback."""

pytest_plugins = ["tests.services.mosquitto", "tests.services.influxdb"]
