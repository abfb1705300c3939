"""Encrypted sessions: the broker's certificate is verified unless the site file says otherwise."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from connectors.mqtt.settings import Connection


class _TidySocket(ssl.SSLSocket):
    """Closed as soon as the handshake fails: nobody else would close it."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


class _Context(ssl.SSLContext):
    sslsocket_class = _TidySocket


def tls_context(settings: Connection) -> ssl.SSLContext:
    """Made anew for each session, so that renewed certificates are taken without a restart. OSError, with the file
    named, where a certificate or key cannot be had."""
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif settings.ca_file:
        _load("ca_file", settings.ca_file, lambda: context.load_verify_locations(settings.ca_file))
    else:
        context.load_default_certs()
    if settings.cert_file:
        password = settings.key_password.get_secret_value  # called: no variable of a traceback holds it
        key = settings.key_file or settings.cert_file
        _load("key_file", key, lambda: context.load_cert_chain(settings.cert_file, key, password))
    return context


def _load(key: str, path: str, load: Callable[[], None]) -> None:
    try:
        load()
    except ssl.SSLError as error:
        why = error.reason or "no certificate in it"
        raise OSError(
            f"{key} {path} cannot be used ({why}): give a certificate or key in PEM, and its password"
        ) from None
    except OSError as error:
        raise OSError(
            f"{key} {path} cannot be read ({error.strerror}): give a file that this user may read"
        ) from None
