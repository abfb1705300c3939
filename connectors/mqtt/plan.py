"""What is subscribed to: the topics of a device, with its templates filled in. Pure."""

from __future__ import annotations

from connectors.mqtt.decode import tag_of
from connectors.mqtt.settings import Device, Point
from connectors.mqtt.topics import filled
from connectors.protocol import BoundDevice, BoundPoint


def data_topics(device: BoundDevice[Device, Point]) -> dict[str, list[BoundPoint[Point]]]:
    """Each topic or pattern that brings values, with the points whose values it brings."""
    found: dict[str, list[BoundPoint[Point]]] = {}
    for point in device.points:
        template = point.settings.topic or device.settings.topic
        topic = filled(template, device=_address(device), point=tag_of(point))
        found.setdefault(topic, []).append(point)
    return found


def status_topic(device: BoundDevice[Device, Point]) -> str:
    """Where its status comes; empty where it has none."""
    return filled(device.settings.status_topic, device=_address(device))


def shown_topic(device: BoundDevice[Device, Point]) -> str:
    """Its topics in one word, for a person: the first, and how many more there are."""
    if not device.points:
        return "no topic"
    first, *others = data_topics(device)
    return f"{first} and {len(others)} more topics" if others else first


def _address(device: BoundDevice[Device, Point]) -> str:
    return device.settings.address or device.id
