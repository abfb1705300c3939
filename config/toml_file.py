"""Reading a TOML file, with errors that say what to do."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from config.problems import Problem, SiteFileError


def read_toml(path: Path) -> dict[str, Any]:
    """What the file says, with or without a byte order mark; SiteFileError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        wrong, right = "there is no such file", "name an existing one"
    except OSError as error:
        wrong, right = f"cannot be read ({error.strerror})", "make it a file that this user may read"
    except UnicodeDecodeError as error:
        wrong, right = f"byte {error.start} is not UTF-8", "save the file as UTF-8"
    except ValueError as error:
        wrong, right = f"is not TOML ({error})", "mend the file at that place"
    raise SiteFileError([Problem(str(path), "", wrong, right)])
