"""What a site file says of MQTT."""

from __future__ import annotations

from typing import Annotated, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field, SecretStr

from connectors.settings import ConnectionBase, DeviceBase, PointBase, Port


def _one_topic(topic: str) -> str:
    if "+" in topic or "#" in topic:
        raise ValueError("one topic is read, not a pattern: leave out + and #")
    return topic


def _a_path(path: str) -> str:
    if path:
        try:
            jmespath.compile(path)
        except JMESPathError as error:
            raise ValueError("this is no JMESPath, such as cars[0].mode") from error
    return path


OneTopic = AfterValidator(_one_topic)
IsPath = AfterValidator(_a_path)


class Connection(ConnectionBase):
    """One session with a broker, kept by it while we are away."""

    protocol: Literal["mqtt"]
    host: str
    port: Port = 1883
    version: Literal["3.1.1", "5"] = "5"
    client_id: Annotated[str, Field(min_length=1, max_length=64)]
    """Must be this agent's alone: a second client of the same id throws the first one off."""
    username: str = ""
    password: SecretStr = SecretStr("")
    keepalive_s: Annotated[int, Field(ge=1, le=3600)] = 30
    session_expiry_s: Annotated[int, Field(ge=0)] = 7 * 86400
    """How long the broker keeps messages for us (MQTT 5)."""


class Device(DeviceBase):
    """One thing that publishes JSON objects to one topic."""

    topic: Annotated[str, Field(min_length=1), OneTopic]
    """An exact topic; no wildcards."""
    time: Annotated[str, IsPath] = ""
    """JMESPath of the source time in the payload; empty: the time of receipt counts, and a message delivered
    again cannot be recognised."""
    time_format: Literal["iso", "s", "ms", "us", "ns"] = "iso"
    """ISO 8601 with zone, or a number since the epoch."""
    sequence: Annotated[str, IsPath] = ""
    """JMESPath of a sequence number that grows by one with each message; a jump is counted as lost messages."""
    status_topic: Annotated[str, OneTopic] = ""
    """Where the device, its gateway or its last will says whether it is there."""
    offline: str = "offline"
    """The payload on the status topic that means gone; any other means there."""


class Point(PointBase):
    """One value in the payload."""

    path: Annotated[str, Field(min_length=1), IsPath]
    """JMESPath, such as ``cars[0].mode``."""
