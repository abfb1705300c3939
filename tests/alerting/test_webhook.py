"""One message to a webhook: what it looks like on the wire, and what each answer means."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.alerting.content import StoredEvent, message, message_id
from agent.alerting.events import Ending, Event
from agent.alerting.webhook import Webhook, WebhookSender, meaning
from agent.answers import Answer, Meaning
from config.tables import AlertsTable
from tests.alerting.receiver import TAKEN, TOKEN, Receiver, answer, listening
from tests.alerting.scenes import START, an_event
from tests.services.missing import missing

EVENTS = [
    StoredEvent(17, an_event()),
    StoredEvent(18, an_event(at=START + 1_500_000_000, event=Event.RESOLVED, since=START, ending=Ending.DONE)),
]


async def post(webhook: Webhook, body: bytes = b"{}", key: str = "k") -> Answer:
    """Post once, from a thread."""
    sender = WebhookSender(webhook, lambda: START)
    try:
        return await asyncio.to_thread(sender.post, body, key)
    finally:
        sender.close()


async def test_a_message_on_the_wire() -> None:
    async with listening() as receiver:
        sent = await post(receiver.webhook(), message("tower", EVENTS), message_id("tower", EVENTS))
    assert sent == Answer(Meaning.STORED)
    (request,) = receiver.requests
    assert request.path == "/hook?key=canary-url"
    assert request.headers["idempotency-key"] == request.body["id"] == "tower:17-18:1767196801"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.body["version"] == 1
    assert request.body["site"] == "tower"
    assert request.body["events"][0] == {
        "id": 17,
        "key": "1.4-daily/lift-1 2026-01-01",
        "event": "opened",
        "at": "2025-12-31T16:00:00Z",
        "since": "2025-12-31T16:00:00Z",
        "severity": "breach",
        "stage": "lapsed",
        "ending": None,
        "clause": "1.4-daily",
        "title": {"zh": "每日巡检", "en": "Daily round"},
        "subject": "site:tower",
        "about": "lift-1 2026-01-01",
        "start": "2025-12-31T16:00:00Z",
        "due": "2026-01-01T16:00:00Z",
        "owner": "工程部",
        "note": "没有巡检记录",
        "acknowledged": None,
    }
    assert request.body["events"][1]["at"] == "2025-12-31T16:00:01.500000Z"
    assert request.body["events"][1]["ending"] == "done"


def test_the_same_events_have_the_same_id_and_others_another() -> None:
    assert message_id("tower", EVENTS) == message_id("tower", list(EVENTS))
    others = {
        message_id("tower", EVENTS),
        message_id("annex", EVENTS),
        message_id("tower", EVENTS[:1]),
        message_id("tower", [StoredEvent(17, an_event(at=START + 10**12))]),
    }
    assert len(others) == 4


async def test_without_a_token_there_is_no_such_header() -> None:
    async with listening() as receiver:
        await post(receiver.webhook(token=""))
    assert "authorization" not in receiver.requests[0].headers


@pytest.mark.parametrize(
    ("status", "means", "wait_s"),
    [
        (200, Meaning.STORED, None),
        (201, Meaning.STORED, None),
        (202, Meaning.STORED, None),
        (204, Meaning.STORED, None),
        (302, Meaning.REFUSED, None),
        (308, Meaning.REFUSED, None),
        (400, Meaning.REFUSED, None),
        (401, Meaning.REFUSED, None),
        (404, Meaning.REFUSED, None),
        (408, Meaning.UNREACHABLE, 7.0),
        (410, Meaning.REFUSED, None),
        (425, Meaning.UNREACHABLE, 7.0),
        (429, Meaning.BUSY, 7.0),
        (500, Meaning.UNREACHABLE, 7.0),
        (503, Meaning.BUSY, 7.0),
    ],
)
def test_what_an_answer_means(status: int, means: Meaning, wait_s: float | None) -> None:
    found = meaning(status, {"Retry-After": "7"}, START)
    assert (found.meaning, found.retry_after_s) == (means, wait_s)
    assert (found.detail == "") == (means is Meaning.STORED)


async def test_a_redirect_is_not_followed() -> None:
    async with listening() as elsewhere:
        moved = answer("302 Found", "", f"Location: http://127.0.0.1:{elsewhere.port}/hook")
        async with listening(lambda request: moved) as receiver:
            found = await post(receiver.webhook())
        assert found.meaning is Meaning.REFUSED
        assert "name the final address" in found.detail
        assert elsewhere.requests == []


async def test_a_server_that_never_answers_is_given_up_within_the_timeout() -> None:
    loop = asyncio.get_running_loop()
    async with listening(lambda request: None) as receiver:
        begun = loop.time()
        found = await post(receiver.webhook(timeout_s=0.3))
        assert loop.time() - begun < 4
    assert found.meaning is Meaning.UNREACHABLE
    assert found.detail == f"http://127.0.0.1:{receiver.port}: no answer within 0.3 s"


async def test_what_an_endless_answer_says_is_not_waited_for() -> None:
    async with listening(lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{") as receiver:
        assert (await post(receiver.webhook())).meaning is Meaning.STORED


@pytest.mark.parametrize("response", [b"SSH-2.0-OpenSSH_9.6\r\n", b""], ids=["no HTTP", "hang-up"])
async def test_no_answer_in_http_is_none(response: bytes) -> None:
    async with listening(lambda request: response) as receiver:
        found = await post(receiver.webhook())
    assert found.meaning is Meaning.UNREACHABLE
    assert "canary" not in found.detail


async def test_nobody_there_is_said_without_the_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        receiver = Receiver(lambda request: TAKEN, unused.getsockname()[1])
        found = await post(receiver.webhook())
    assert found == Answer(Meaning.UNREACHABLE, f"http://127.0.0.1:{receiver.port}: cannot be reached")


async def test_an_address_that_is_none_is_no_crash() -> None:
    for url in ("http://[::1/hook?key=canary", "http://host:port/hook?key=canary"):
        found = await post(Webhook(url))
        assert found.meaning is Meaning.UNREACHABLE
        assert "canary" not in found.detail


@pytest.mark.parametrize("token", ["canary\n4711", "canary 口令"])
async def test_a_token_that_no_header_can_hold_is_not_shown_either(token: str) -> None:
    async with listening() as receiver:
        found = await post(receiver.webhook(token=token))
    assert found.meaning is Meaning.UNREACHABLE
    assert "canary" not in found.detail


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that nobody signed but itself, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        missing("openssl is not installed")
    path = tmp_path / "both.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=127.0.0.1 "
    words += f"-addext subjectAltName=IP:127.0.0.1 -keyout {tmp_path}/key.pem -out {tmp_path}/cert.pem"
    command = [openssl, *words.split()]
    subprocess.run(command, check=True, capture_output=True)
    both = ((tmp_path / name).read_text(encoding="utf-8") for name in ("key.pem", "cert.pem"))
    path.write_text("".join(both), encoding="utf-8")
    return path


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asyncio.get_running_loop().set_exception_handler(lambda loop, about: None)  # the server's view of the refusal
    async with listening(tls=context) as receiver:
        found = await post(receiver.webhook())
        assert found.meaning is Meaning.UNREACHABLE
        assert "certificate is not trusted" in found.detail
        assert receiver.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert (await post(receiver.webhook())).meaning is Meaning.STORED


def test_token_and_address_are_in_no_representation() -> None:
    webhook = Webhook("https://user:canary@example.org:8443/canary?key=canary", SecretStr("canary"))
    sender = WebhookSender(webhook, lambda: START)
    shown = f"{webhook!r} {webhook} {webhook.origin} {sender!r}"
    assert "canary" not in shown
    assert webhook.origin == "https://example.org:8443"


def test_the_webhook_of_a_site_file() -> None:
    assert Webhook.of(AlertsTable()) is None
    table = AlertsTable.model_validate(
        {"webhook_url": "https://example.org/h", "webhook_token": "t", "timeout_s": 2}
    )
    webhook = Webhook.of(table)
    assert webhook is not None
    assert (webhook.url, webhook.token.get_secret_value(), webhook.timeout_s) == ("https://example.org/h", "t", 2)


def test_a_message_is_utf8_and_keeps_its_characters() -> None:
    assert "每日巡检".encode() in message("tower", EVENTS)
    assert json.loads(message("tower", EVENTS))["events"][0]["about"] == "lift-1 2026-01-01"
