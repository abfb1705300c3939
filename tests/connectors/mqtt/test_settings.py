"""What a site file may not say of an MQTT device: found when it is read, not when the first message comes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.mqtt.settings import Device, Point

DEVICE = {"connection": "broker", "topic": "site/meter"}


@pytest.mark.parametrize("key", ["topic", "status_topic"])
@pytest.mark.parametrize("topic", ["#", "site/+", "site/#", "a/+/b"])
def test_a_pattern_is_no_topic(key: str, topic: str) -> None:
    with pytest.raises(ValidationError, match="one topic is read, not a pattern"):
        Device.model_validate({**DEVICE, key: topic})


@pytest.mark.parametrize("key", ["time", "sequence"])
@pytest.mark.parametrize("path", ["a..b", "a b", "a[", "`", " "])
def test_a_path_must_be_jmespath(key: str, path: str) -> None:
    with pytest.raises(ValidationError, match="no JMESPath"):
        Device.model_validate({**DEVICE, key: path})
    with pytest.raises(ValidationError, match="no JMESPath"):
        Point.model_validate({"type": "int", "path": path})


def test_neither_time_nor_sequence_nor_status_topic_is_needed() -> None:
    device = Device.model_validate(DEVICE)
    assert (device.time, device.sequence, device.status_topic) == ("", "", "")


def test_a_topic_and_a_path_are_needed() -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        Device.model_validate({**DEVICE, "topic": ""})
    with pytest.raises(ValidationError, match="at least 1 character"):
        Point.model_validate({"type": "int", "path": ""})
