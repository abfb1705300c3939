"""What a site file may not say of an MQTT device: found when it is read, not when the first message comes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.mqtt.settings import Connection, Device, Point

DEVICE = {"connection": "broker", "topic": "site/meter"}


CONNECTION = {"protocol": "mqtt", "host": "broker.example", "client_id": "steward-tower"}
POINT = {"type": "float"}


@pytest.mark.parametrize("topic", ["site/+x", "site/#/x", "$share/all/site", "site/{room}", "site/{}", "a\0"])
def test_a_topic_must_be_one_that_a_broker_takes(topic: str) -> None:
    with pytest.raises(ValidationError, match="Value error"):
        Device.model_validate({**DEVICE, "topic": topic})
    with pytest.raises(ValidationError, match="Value error"):
        Point.model_validate({**POINT, "topic": topic})


@pytest.mark.parametrize("topic", ["#", "site/+", "site/#", "site/{point}"])
def test_a_status_has_one_topic(topic: str) -> None:
    with pytest.raises(ValidationError, match=r"not a pattern|stands for nothing"):
        Device.model_validate({**DEVICE, "status_topic": topic})


@pytest.mark.parametrize("name", ["a+b", "#", "a\0"])
def test_a_name_on_the_wire_is_no_pattern(name: str) -> None:
    for model, table in ((Device, {**DEVICE, "address": name}), (Point, {**POINT, "tag": name})):
        with pytest.raises(ValidationError, match=r"holds no \+ and no #"):
            model.model_validate(table)


@pytest.mark.parametrize("key", ["time", "sequence", "records", "address_path", "tag_path", "status_path"])
@pytest.mark.parametrize("path", ["a..b", "a b", "a[", "`", " "])
def test_a_path_must_be_jmespath(key: str, path: str) -> None:
    with pytest.raises(ValidationError, match="no JMESPath"):
        Device.model_validate({**DEVICE, key: path})
    with pytest.raises(ValidationError, match="no JMESPath"):
        Point.model_validate({"type": "int", "path": path})


def test_neither_time_nor_sequence_nor_status_topic_is_needed() -> None:
    device = Device.model_validate(DEVICE)
    assert (device.time, device.sequence, device.status_topic) == ("", "", "")


def test_a_topic_is_needed_and_a_path_is_something() -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        Device.model_validate({**DEVICE, "topic": ""})
    with pytest.raises(ValidationError, match="at least 1 character"):
        Point.model_validate({"type": "int", "path": ""})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"time_format": "%Y-%m-%d"}, "leaves out a part of the time"),
        ({"time_format": "%Y-%m-%d %H:%M"}, "no zone"),
        ({"time_format": "seconds"}, "no format of times"),
        ({"time_zone": "Shanghai"}, "no zone: give its IANA name"),
        ({"format": "text", "time": "t"}, "looks into JSON"),
        ({"format": "text", "records": "r"}, "looks into JSON"),
    ],
)
def test_what_does_not_go_together_in_a_device(said: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Device.model_validate({**DEVICE, **said})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"type": "text", "number": "text"}, "text is no number"),
        ({"type": "bool", "scale": 2.0}, "bool has no scale"),
        ({"type": "text", "offset": 2.0}, "text has no scale"),
        ({"type": "int", "scale": 0.1}, "a whole scale and offset"),
        ({"type": "int", "offset": 0.5}, "a whole scale and offset"),
        ({"type": "bool", "values": {"on": "yes"}}, "values.on is no bool"),
        ({"type": "int", "values": {"on": 0.5}}, "values.on is no int"),
        ({"type": "int", "values": {"on": 2**63}}, "values.on is no int"),
        ({"type": "text", "values": {"1": 1}}, "values.1 is no text"),
        ({"type": "text", "values": {"1": ["x"]}}, "no value of a point"),
        ({"type": "float", "values": {"a": 1.0}, "scale": 2.0}, "taken as they stand"),
        ({"type": "float", "values": {"a": 1.0}, "number": "text"}, "taken as they stand"),
        ({"type": "float", "absent": [{}]}, "no value of a point"),
    ],
)
def test_what_does_not_go_together_in_a_point(said: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Point.model_validate(said)


def test_tls_has_a_port_of_its_own() -> None:
    assert Connection.model_validate(CONNECTION).port == 1883
    assert Connection.model_validate({**CONNECTION, "tls": True}).port == 8883
    assert Connection.model_validate({**CONNECTION, "tls": True, "port": 1884}).port == 1884


@pytest.mark.parametrize(
    "said",
    [{"ca_file": "/ca.pem"}, {"cert_file": "/us.pem"}, {"insecure": True}, {"key_password": "x"}],
)
def test_keys_of_tls_say_nothing_without_it(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="says nothing without TLS: set tls = true"):
        Connection.model_validate({**CONNECTION, **said})


def test_a_key_belongs_to_a_certificate_and_files_have_whole_paths() -> None:
    with pytest.raises(ValidationError, match="key_file belongs to a certificate"):
        Connection.model_validate({**CONNECTION, "tls": True, "key_file": "/key.pem"})
    with pytest.raises(ValidationError, match="give its whole path"):
        Connection.model_validate({**CONNECTION, "tls": True, "ca_file": "ca.pem"})


def test_secrets_are_not_shown() -> None:
    table = {**CONNECTION, "tls": True, "password": "canary", "key_password": "canary"}
    assert "canary" not in repr(Connection.model_validate(table))
    assert "canary" not in Connection.model_validate(table).model_dump_json()
