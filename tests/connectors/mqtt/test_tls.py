"""Encrypted sessions with a real broker: who cannot prove who it is gets nothing from us, not even a password."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from connectors.mqtt.listener import NO_TLS_CHECK
from connectors.mqtt.settings import Connection
from connectors.mqtt.tls import tls_context
from connectors.protocol import Link
from tests.connectors.mqtt.certificates import Authority, locked
from tests.connectors.mqtt.field import TIMED, Relay, a_connector, a_device, health, running
from tests.connectors.mqtt.foreign import mosquitto_pub
from tests.services.mosquitto import Mosquitto
from tests.waiting import until

pytestmark = pytest.mark.service
CANARY = "canary-in-a-coal-mine"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The one that the site trusts."""
    return Authority(tmp_path_factory.mktemp("authority"))


def listening(folder: Path, authority: Authority, *names: str, more: str = "") -> Mosquitto:
    """A broker with a certificate for these names."""
    pair = authority.sign("broker", *names)
    access = (
        f"allow_anonymous true\ncertfile {pair.cert}\nkeyfile {pair.key}\ncafile {authority.pair.cert}\n{more}"
    )
    return Mosquitto(folder / "tls", access)


@pytest.fixture
def broker(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    """A broker whose certificate is right."""
    broker = listening(tmp_path, authority, "IP:127.0.0.1", "DNS:localhost")
    broker.start()
    yield broker
    broker.stop()


def trusting(authority: Authority, **more: Any) -> dict[str, Any]:
    """The keys of a connection that trusts this authority."""
    return {"tls": True, "ca_file": str(authority.pair.cert), **more}


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_broker_that_proves_who_it_is(
    broker: Mosquitto, authority: Authority, host: str, version: str
) -> None:
    known = trusting(authority, host=host, version=version)
    async with Relay(broker.port) as relay:
        connector = a_connector(relay.port, a_device("meter"), **known)
        async with running(connector) as sink:
            await mosquitto_pub(broker, "site/meter", '{"v": 7}', "--cafile", str(authority.pair.cert))
            await until(lambda: sink.samples)
            assert "TLS" not in health(connector).detail
    assert sink.values() == [7]
    assert b"site/meter" not in relay.streams[0]  # encrypted


async def refused(port: int, **settings: Any) -> str:
    """What the health says of a broker that is not believed."""
    connector = a_connector(port, a_device("meter", **TIMED), username="steward", password=CANARY, **settings)
    async with running(connector, subscribed=False) as sink:
        await until(lambda: sink.samples)
        assert sink.values() == ["offline"]
        assert health(connector).link is Link.BACKING_OFF
        return health(connector).detail


async def test_a_certificate_for_another_host_is_not_believed(tmp_path: Path, authority: Authority) -> None:
    other = listening(tmp_path, authority, "DNS:other.example")
    other.start()
    try:
        async with Relay(other.port) as relay:
            detail = await refused(relay.port, **trusting(authority))
            sent = bytes(relay.streams[0])
    finally:
        other.stop()
    assert detail.startswith(f"127.0.0.1:{relay.port} cannot prove who it is: ")
    assert "IP address mismatch" in detail
    assert "give host as its certificate names it" in detail
    assert CANARY.encode() not in sent


async def test_an_authority_that_nobody_trusts_is_not_believed(
    broker: Mosquitto, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    assert "cannot prove who it is" in await refused(broker.port, **trusting(stranger))
    assert "cannot prove who it is" in await refused(broker.port, tls=True)  # nor does the system trust it


async def test_a_broker_without_tls_is_not_spoken_to(mosquitto: Mosquitto, authority: Authority) -> None:
    async with Relay(mosquitto.port) as relay:
        detail = await refused(relay.port, **trusting(authority))
        sent = bytes(relay.streams[0])
    assert detail.startswith(f"cannot reach 127.0.0.1:{relay.port}: ")
    assert CANARY.encode() not in sent


async def test_insecure_needs_a_flag_and_is_logged_and_shown(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    other = listening(tmp_path, authority, "DNS:other.example")
    other.start()
    try:
        connector = a_connector(other.port, a_device("meter", **TIMED), tls=True, insecure=True)
        async with running(connector):
            assert NO_TLS_CHECK in health(connector).detail
    finally:
        other.stop()
    assert capsys.readouterr().out.count(NO_TLS_CHECK) == 1


async def test_our_own_certificate_with_its_key_under_a_password(tmp_path: Path, authority: Authority) -> None:
    strict = listening(tmp_path, authority, "IP:127.0.0.1", more="require_certificate true")
    pair = authority.sign("steward")
    key = locked(pair, CANARY)
    strict.start()
    try:
        own = {"cert_file": str(pair.cert), "key_file": str(key), "key_password": CANARY}
        async with running(a_connector(strict.port, a_device("meter"), **trusting(authority, **own))):
            pass
        both = tmp_path / "both.pem"
        both.write_bytes(pair.key.read_bytes() + pair.cert.read_bytes())
        one = {"cert_file": str(both)}
        async with running(a_connector(strict.port, a_device("meter"), **trusting(authority, **one))):
            pass
        assert await refused(strict.port, **trusting(authority))
    finally:
        strict.stop()


async def test_a_renewed_certificate_is_taken_without_a_restart(
    broker: Mosquitto, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(stranger.pair.cert.read_bytes())
    connector = a_connector(broker.port, a_device("meter", **TIMED), tls=True, ca_file=str(trusted))
    async with running(connector, subscribed=False):
        await until(lambda: "cannot prove" in health(connector).detail)
        trusted.write_bytes(authority.pair.cert.read_bytes())
        await until(lambda: "waiting for a message" in health(connector).detail)


async def test_files_that_are_no_use_are_named(authority: Authority, tmp_path: Path) -> None:
    """Before anything is connected to: nobody listens on port 1."""
    pair = authority.sign("steward")
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    nowhere = str(tmp_path / "nowhere.pem")
    wrong = {"cert_file": str(pair.cert), "key_file": str(locked(pair, "other")), "key_password": CANARY}
    for said, file in (
        ({"ca_file": nowhere}, f"ca_file {nowhere} cannot be read (No such file or directory)"),
        ({"ca_file": str(junk)}, f"ca_file {junk} cannot be used ("),
        ({"cert_file": nowhere}, f"key_file {nowhere} cannot be read"),
        (wrong, f"key_file {wrong['key_file']} cannot be used ("),
    ):
        assert file in await refused(1, tls=True, **said)


async def test_a_canary_is_never_told(
    broker: Mosquitto, authority: Authority, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the log of paho either, nor in a traceback that shows variables."""
    caplog.set_level(logging.DEBUG)
    shown = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(shown))
    try:
        pair = authority.sign("steward")
        secrets = {"username": "steward", "password": CANARY, "key_password": CANARY}
        known = trusting(authority, cert_file=str(pair.cert), key_file=str(locked(pair, CANARY)), **secrets)
        connector = a_connector(broker.port, a_device("meter", **TIMED), **known)
        async with running(connector):
            shown.write(repr(connector.health()))
            broker.stop()
            await until(lambda: health(connector).link is Link.BACKING_OFF)
            shown.write(repr(connector.health()))
        shown.write(await refused(1, **trusting(authority)))
        settings = Connection.model_validate(
            {
                "protocol": "mqtt",
                "host": "x",
                "client_id": "x",
                **known,
                "key_file": "/nowhere",
                "cert_file": "/nowhere",
            }
        )
        with pytest.raises(OSError, match="key_file /nowhere") as failure:
            tls_context(settings)
        inner = failure.value.with_traceback(failure.tb.tb_next)  # without this test's own variables
        shown.writelines(traceback.TracebackException.from_exception(inner, capture_locals=True).format())
    finally:
        structlog.reset_defaults()
    out, err = capfd.readouterr()
    text = shown.getvalue() + out + err + caplog.text
    assert "no broker" in text
    assert "settings = Connection(" in text
    assert CANARY not in text
