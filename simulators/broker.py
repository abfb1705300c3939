"""The embedded MQTT broker: 3.1.1, anonymous, loopback only. For demonstrations; it keeps no sessions."""

from __future__ import annotations

from typing import Any

from simulators.errors import BrokerMissing
from simulators.ports import HOST


class EmbeddedBroker:
    """A broker in this process and on this loop."""

    def __init__(self, port: int) -> None:
        """Nothing listens before `start`. `BrokerMissing` without the extra ``demo``, which brings the library."""
        try:
            from amqtt.broker import Broker
        except ImportError as error:
            raise BrokerMissing(
                "the embedded MQTT broker is not there: install building-steward[demo], or use --broker HOST:PORT"
            ) from error

        self._broker: Any = Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
                "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
            }
        )

    async def start(self) -> None:
        """Return once connections are taken."""
        await self._broker.start()

    async def close(self) -> None:
        """Close all connections and the port."""
        await self._broker.shutdown()
