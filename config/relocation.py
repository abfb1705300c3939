"""The demo's site file moved to other ports."""

from __future__ import annotations

import re

DEFAULT_BASE = 47800
_PORT = re.compile(rf"^(\s*port\s*=\s*)({DEFAULT_BASE // 100}\d\d)\b", re.MULTILINE)


def relocate(text: str, base_port: int) -> str:
    """The TOML text with each ``port = 478xx`` moved so that 47800 becomes ``base_port``."""
    return _PORT.sub(lambda match: f"{match[1]}{int(match[2]) - DEFAULT_BASE + base_port}", text)
