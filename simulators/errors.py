"""What can keep the simulators from running; each message names the thing and what would be right.

SimulatorError
├── ScenarioError       the scenario file is missing or wrong: mend it
├── PortTaken           another program listens there: stop it, or choose another base port
├── BrokerUnreachable   the MQTT broker does not answer: start it, or use the embedded one
└── BrokerMissing       the embedded broker is not installed: install it, or use another one
"""

from __future__ import annotations


class SimulatorError(Exception):
    """The simulators cannot run."""


class ScenarioError(SimulatorError):
    """The scenario file is missing or wrong."""


class PortTaken(SimulatorError):
    """A port is in use."""


class BrokerUnreachable(SimulatorError):
    """The MQTT broker does not answer."""


class BrokerMissing(SimulatorError):
    """The embedded broker's library is not installed."""
