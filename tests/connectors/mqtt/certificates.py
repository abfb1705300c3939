"""Certificates made for a test by openssl: an authority's, and those that it signs."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.services.missing import missing

DAYS = "2"


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in PEM."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates in a folder."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        if shutil.which("openssl") is None:
            missing("openssl is not installed: apt-get install openssl")
        self._folder = folder / name
        self._folder.mkdir()
        self.pair = self._new(name, ["-subj", f"/CN={name}"])

    def sign(self, name: str, *names: str, days: str = DAYS) -> Pair:
        """A certificate for these, such as ``DNS:localhost`` or ``IP:127.0.0.1``."""
        said = ["-addext", f"subjectAltName={','.join(names)}"] if names else []
        signed_by = ["-CA", str(self.pair.cert), "-CAkey", str(self.pair.key)]
        return self._new(name, ["-subj", f"/CN={name}", *said, *signed_by], days)

    def _new(self, name: str, how: list[str], days: str = DAYS) -> Pair:
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(pair.key)]
        _openssl("req", "-x509", *key, "-out", str(pair.cert), "-days", days, *how)
        return pair


def locked(pair: Pair, password: str) -> Path:
    """The key under a password, in a file of its own."""
    path = pair.key.with_suffix(".locked")
    _openssl("pkcs8", "-topk8", "-in", str(pair.key), "-out", str(path), "-passout", f"pass:{password}")
    return path


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
