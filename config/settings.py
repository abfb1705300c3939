"""Where settings come from: the environment over secrets files over the site file.

``STEWARD_INFLUXDB__TOKEN`` sets ``token`` in ``[influxdb]``; ``__`` goes one table down, and an underscore in the
name of an id stands for a hyphen too. A secrets file has the variable's name in lower case, such as
``steward_influxdb__token``, in the folder named by ``STEWARD_SECRETS_DIR`` or systemd's ``CREDENTIALS_DIRECTORY``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from config.problems import Problem, SiteFileError

PREFIX = "STEWARD_"

Key = tuple[str, ...]


class Tables(BaseSettings):
    """The top-level tables of a site file, as pydantic-settings sees them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore")

    site: dict[str, Any] = {}  # pydantic copies defaults
    journal: dict[str, Any] = {}  # the same
    influxdb: dict[str, Any] = {}  # the same
    connections: dict[str, Any] = {}  # the same
    devices: dict[str, Any] = {}  # the same
    systems: dict[str, Any] = {}  # the same
    equipment: dict[str, Any] = {}  # the same


@dataclass(slots=True)
class Document:
    """The merged settings, and where each value that does not come from the file comes from."""

    file: str
    tables: dict[str, Any]
    origins: dict[Key, str] = field(default_factory=dict)

    def origin(self, key: Key) -> str:
        """The file, environment variable or secrets file that gave the value at ``key``."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.origins:
                return self.origins[key[:length]]
        return self.file


def read_document(path: Path) -> Document:
    """The site file with what the environment and secrets files say on top; SiteFileError if it cannot be read."""
    document = Document(str(path), _toml(path))
    folder = os.environ.get(f"{PREFIX}SECRETS_DIR") or os.environ.get("CREDENTIALS_DIRECTORY")
    if folder:
        _overlay(document, _secrets(Path(folder)), lambda key: str(Path(folder) / _name(key).lower()))
    _overlay(document, EnvSettingsSource(Tables)(), _name)
    return document


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = Problem(str(path), "", "there is no such file", "name an existing site file")
    except OSError as error:
        problem = Problem(str(path), "", f"cannot be read ({error.strerror})", "make it readable for this user")
    except UnicodeDecodeError as error:
        problem = Problem(str(path), "", f"byte {error.start} is not UTF-8", "save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        problem = Problem(str(path), "", f"is not TOML ({error})", "mend the file at that place")
    raise SiteFileError([problem])


def _secrets(folder: Path) -> dict[str, Any]:
    try:
        source = NestedSecretsSettingsSource(
            SecretsSettingsSource(Tables, folder),
            folder,
            secrets_dir_missing="error",
            secrets_prefix=PREFIX,
            secrets_nested_delimiter="__",
        )
        return source()
    except (OSError, ValueError) as error:
        wrong = f"the secrets folder cannot be read ({type(error).__name__})"
        raise SiteFileError([Problem(str(folder), "", wrong, "make it readable, or unset the variable")]) from None


def _name(key: Key) -> str:
    return PREFIX + "__".join(key).upper().replace("-", "_")


def _overlay(document: Document, values: Mapping[str, Any], origin: Any) -> None:
    for key, value in _leaves(values):
        table = document.tables
        place: Key = ()
        for part in key[:-1]:
            name = _known(table, part)
            place = (*place, name)
            below = table.get(name)
            table[name] = table = dict(below) if isinstance(below, dict) else {}
        name = _known(table, key[-1])
        table[name] = value
        document.origins[(*place, name)] = origin(key)


def _leaves(values: Mapping[str, Any], above: Key = ()) -> Iterator[tuple[Key, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value


def _known(table: Mapping[str, Any], name: str) -> str:
    """The key of the table that a variable's lower-case part means; the part itself where there is none."""
    return next((key for key in table if key.replace("-", "_").lower() == name), name)
