"""What a site file says of MQTT."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import available_timezones

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors.mqtt.times import check_format
from connectors.mqtt.topics import check_filter, has_wildcard, placeholders
from connectors.settings import ConnectionBase, DeviceBase, PointBase, Port
from evaluators.model.samples import Reason, ValueKind, fit

PLAIN_PORT, TLS_PORT = 1883, 8883


def _of_device(template: str) -> str:
    return _template(template, {"device", "point"})


def _status(template: str) -> str:
    if has_wildcard(template):
        raise ValueError("a status has one topic, not a pattern: leave out + and #")
    return _template(template, {"device"})


def _template(template: str, known: set[str]) -> str:
    if strange := placeholders(template) - known:
        names = " or ".join(f"{{{name}}}" for name in sorted(known))
        raise ValueError(f"{{{min(strange)}}} stands for nothing here: use {names}")
    if template:
        check_filter(template)
    return template


def _a_path(path: str) -> str:
    if path:
        try:
            jmespath.compile(path)
        except JMESPathError as error:
            raise ValueError("this is no JMESPath, such as cars[0].mode") from error
    return path


def _a_zone(zone: str) -> str:
    if zone and zone not in available_timezones():
        raise ValueError("this is no zone: give its IANA name, such as Asia/Shanghai")
    return zone


def _a_name(name: str) -> str:
    if has_wildcard(name) or "\0" in name:
        raise ValueError("a name on the wire holds no + and no #: give it as the device writes it")
    return name


def _whole_path(path: str) -> str:
    if path and not PurePath(path).is_absolute():
        raise ValueError("the file could be anywhere: give its whole path, such as /etc/steward/ca.pem")
    return path


def _a_scalar(value: object) -> object:
    if not isinstance(value, bool | int | float | str) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("this is no value of a point: give true, false, a number or text in quotes")
    return value


IsPath = AfterValidator(_a_path)
Scalar = Annotated[Any, AfterValidator(_a_scalar)]
WireName = Annotated[str, AfterValidator(_a_name)]
FilePath = Annotated[str, AfterValidator(_whole_path)]


class Connection(ConnectionBase):
    """One session with a broker, kept by it while we are away."""

    protocol: Literal["mqtt"]
    host: str
    port: Port = PLAIN_PORT
    """With ``tls`` and nothing else said, 8883."""
    version: Literal["3.1.1", "5"] = "5"
    client_id: Annotated[str, Field(min_length=1, max_length=64)]
    """Must be this agent's alone: a second client of the same id throws the first one off."""
    username: str = ""
    password: SecretStr = SecretStr("")
    tls: bool = False
    """Encrypted, and only with a broker whose certificate is for ``host`` and of a known authority."""
    ca_file: FilePath = ""
    """The authority's certificate; empty: those that the system trusts."""
    cert_file: FilePath = ""
    """Our own certificate, where the broker asks for one."""
    key_file: FilePath = ""
    """Its key; empty: in ``cert_file``."""
    key_password: SecretStr = SecretStr("")
    insecure: bool = False
    """Believe any certificate: whoever answers passes for the broker."""
    keepalive_s: Annotated[int, Field(ge=1, le=3600)] = 30
    session_expiry_s: Annotated[int, Field(ge=0)] = 7 * 86400
    """How long the broker keeps messages for us (MQTT 5)."""

    @model_validator(mode="before")
    @classmethod
    def _port_of_tls(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("tls") is True and "port" not in data:
            return {**data, "port": TLS_PORT}
        return data

    @model_validator(mode="after")
    def _agree(self) -> Connection:
        keys = ("ca_file", "cert_file", "key_file", "key_password", "insecure")
        said = [key for key in keys if getattr(self, key)]
        if said and not self.tls:
            raise ValueError(f"{said[0]} says nothing without TLS: set tls = true")
        if self.key_file and not self.cert_file:
            raise ValueError("key_file belongs to a certificate: give cert_file too")
        return self


class Device(DeviceBase):
    """One thing that publishes, by itself or through a gateway."""

    topic: Annotated[str, Field(min_length=1), AfterValidator(_of_device)]
    """A topic, or a pattern with + and #. ``{device}`` is the device's address, ``{point}`` each point's tag."""
    address: WireName = ""
    """What the device is called in topics and payloads; empty: its id."""
    format: Literal["json", "text"] = "json"
    """Of the payload: JSON, or one bare value as text."""
    records: Annotated[str, IsPath] = ""
    """JMESPath of a list in the payload, each entry of which is read as a message of its own."""
    address_path: Annotated[str, IsPath] = ""
    """JMESPath of the device's address; what says another address is another device's."""
    tag_path: Annotated[str, IsPath] = ""
    """JMESPath of a point's tag; a record then holds the points with that tag only."""
    time: Annotated[str, IsPath] = ""
    """JMESPath of the source time; empty: the time of receipt counts, and a message delivered again cannot be
    recognised."""
    time_format: str = "iso"
    """ISO 8601, a number since the epoch, or a pattern such as ``%Y-%m-%d %H:%M:%S``."""
    time_zone: Annotated[str, AfterValidator(_a_zone)] = ""
    """IANA zone of times that do not say theirs; empty: such times are not believed."""
    sequence: Annotated[str, IsPath] = ""
    """JMESPath of a sequence number that grows by one with each message; a jump is counted as lost messages."""
    status_topic: Annotated[str, AfterValidator(_status)] = ""
    """Where the device, its gateway or its last will says whether it is there; may hold ``{device}``."""
    status_path: Annotated[str, IsPath] = ""
    """JMESPath of the word in a status in JSON; empty: the payload is the word."""
    offline: str = "offline"
    """The word on the status topic that means gone; any other means there."""

    @model_validator(mode="after")
    def _agree(self) -> Device:
        check_format(self.time_format, bool(self.time_zone))
        paths = ("records", "address_path", "tag_path", "time", "sequence")
        inside = [name for name in paths if getattr(self, name)]
        if self.format == "text" and inside:
            raise ValueError(f'{inside[0]} looks into JSON, and format is "text": leave it out')
        return self


class Point(PointBase):
    """One value in the payload."""

    HEADINGS: ClassVar[Mapping[str, str]] = {
        **PointBase.HEADINGS,
        "topic": "主题",
        "tag": "报文标签",
        "path": "取值路径",
        "number": "数字格式",
        "scale": "倍率",
        "offset": "偏移",
        "values": "枚举",
        "absent": "无效值",
    }

    topic: Annotated[str, AfterValidator(_of_device)] = ""
    """Where it has a topic of its own; empty: its device's."""
    tag: WireName = ""
    """What the point is called in topics and payloads; empty: its id."""
    path: Annotated[str, Field(min_length=1), IsPath] = "@"
    """JMESPath, such as ``cars[0].mode``; ``@`` is the whole payload."""
    number: Literal["json", "text", "comma"] = "json"
    """What else than a JSON number is read as one: text, or text with a decimal comma."""
    scale: float = 1.0
    """``value = raw * scale + offset``."""
    offset: float = 0.0
    values: Mapping[str, Scalar] = Field(default_factory=dict)
    """What each word on the wire means, such as ``{ on = true, off = false }``; any other is ``wrong_type``."""
    absent: tuple[Scalar, ...] = ()
    """Raw values by which the device says that it has none."""

    @model_validator(mode="after")
    def _agree(self) -> Point:
        scaled = self.scale != 1.0 or self.offset != 0.0
        if self.type not in ("float", "int") and scaled:
            raise ValueError(f"{self.type} has no scale: leave out scale and offset")
        if self.type == "int" and (self.scale != int(self.scale) or self.offset != int(self.offset)):
            raise ValueError("an int point needs a whole scale and offset: use type = float")
        if self.values and (scaled or self.number != "json"):
            raise ValueError("values are taken as they stand: leave out number, scale and offset")
        if self.type == "text" and self.number != "json":
            raise ValueError("text is no number: leave out number")
        for word, value in self.values.items():
            if fit(ValueKind[self.type.upper()], value)[1] is not Reason.NONE:
                raise ValueError(f"values.{word} is no {self.type}: give each a value of the point's type")
        return self
