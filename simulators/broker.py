"""The embedded MQTT broker: 3.1.1, anonymous, loopback only. For demonstrations; it keeps no sessions."""

from __future__ import annotations

from typing import Any

from simulators.ports import HOST


class EmbeddedBroker:
    """A broker in this process and on this loop."""

    def __init__(self, port: int) -> None:
        """Nothing listens before `start`. The library is loaded only here: it is part of the extra ``demo``."""
        from amqtt.broker import Broker

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
