"""Where settings come from: the environment over secrets files over the site file.

``STEWARD_INFLUXDB__TOKEN`` sets ``token`` in ``[influxdb]``; ``__`` goes one table down, and an underscore in the
name of an id stands for a hyphen too. A secrets file has the variable's name in lower case, such as
``steward_influxdb__token``, in the folder named by ``STEWARD_SECRETS_DIR`` or systemd's ``CREDENTIALS_DIRECTORY``.
Either sets keys of tables that the file has; it adds no device or connection.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from config.problems import Key, Problem, SiteFileError, dotted, nearest

PREFIX = "STEWARD_"
DELIMITER = "__"
SINGLE = (
    "site",
    "journal",
    "influxdb",
    "calendar",
    "standards",
    "records",
    "alerts",
    "points",
    "energy",
    "tariff",
)
"""Tables that hold keys; the other top-level tables hold one table for each id."""


class Tables(BaseSettings):
    """The top-level tables of a site file, as pydantic-settings sees them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter=DELIMITER)

    site: dict[str, Any] = {}  # pydantic copies defaults
    journal: dict[str, Any] = {}  # the same
    influxdb: dict[str, Any] = {}  # the same
    calendar: dict[str, Any] = {}  # the same
    standards: dict[str, Any] = {}  # the same
    records: dict[str, Any] = {}  # the same
    alerts: dict[str, Any] = {}  # the same
    points: dict[str, Any] = {}  # the same
    clauses: dict[str, Any] = {}  # the same
    connections: dict[str, Any] = {}  # the same
    devices: dict[str, Any] = {}  # the same
    systems: dict[str, Any] = {}  # the same
    equipment: dict[str, Any] = {}  # the same
    meters: dict[str, Any] = {}  # the same
    energy: dict[str, Any] = {}  # the same
    tariff: dict[str, Any] = {}  # the same
    waste: dict[str, Any] = {}  # the same


class _Environment(EnvSettingsSource):
    """The environment's variables as text: which type they are for is known later (`typed`)."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        return value


class _Secrets(NestedSecretsSettingsSource):
    """Secrets files as text. Files of other programs in the same folder are not looked at."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        return value

    @classmethod
    def load_secrets(cls, path: Path) -> dict[str, str]:
        texts, problems = {}, []
        for name, file in _secret_files(path).items():
            try:
                texts[name] = file.read_text(encoding="utf-8-sig").strip()
            except OSError as error:
                wrong = f"the secret cannot be read ({error.strerror})"
                problems.append(Problem(str(file), "", wrong, "make it a file that this user may read"))
            except UnicodeDecodeError:
                problems.append(Problem(str(file), "", "the secret is not UTF-8 text", "save it as UTF-8"))
        if problems:
            raise SiteFileError(problems)
        return texts


@dataclass(slots=True)
class Document:
    """The merged settings, where each value that does not come from the file comes from, and what went wrong."""

    file: str
    tables: dict[str, Any] = field(repr=False)  # secrets are among them
    origins: dict[Key, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def origin(self, key: Key) -> str:
        """The file, environment variable or secrets file that gave the value at ``key``."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.origins:
                return self.origins[key[:length]]
        return self.file

    def overlay(self, key: Key, text: str, origin: str) -> None:
        """Put a value from outside over the file's; what names no key of a table becomes a problem."""
        table = self.tables
        place: Key = ()
        for depth, part in enumerate(key[:-1]):
            name = _known(table, part)
            below = table.get(name, {} if depth == 0 and part in SINGLE else None)
            if not isinstance(below, dict):
                tables = [name for name, entry in table.items() if isinstance(entry, dict)]
                wrong = "there is no such table" if below is None else "is a value, not a table"
                self.problems.append(
                    Problem(origin, dotted((*place, name)), wrong, nearest(part, tables, "table"))
                )
                return
            table[name] = table = below
            place = (*place, name)
        name = _known(table, key[-1])
        place = (*place, name)
        if len(key) == 1 or isinstance(table.get(name), dict):
            right = f"name a key in it, as in {origin}{DELIMITER}KEY"
            self.problems.append(Problem(origin, dotted(place), "is a table, not a value", right))
            return
        table[name] = text
        self.origins[place] = origin


def overlay_outside(document: Document) -> None:
    """Put what the environment and secrets files say over the document."""
    folder = os.environ.get(f"{PREFIX}SECRETS_DIR") or os.environ.get("CREDENTIALS_DIRECTORY")
    if folder:
        _overlay_secrets(document, Path(folder))
    for key, text in _leaves(_Environment(Tables)()):
        document.overlay(key, text, _variable(key))


def _overlay_secrets(document: Document, folder: Path) -> None:
    try:
        files = _secret_files(folder)
        values = _Secrets(SecretsSettingsSource(Tables), folder)()
    except SiteFileError as error:
        document.problems.extend(error.problems)
        return
    except (OSError, SettingsError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        wrong = f"the secrets folder cannot be read ({why})"
        document.problems.append(Problem(str(folder), "", wrong, "name a folder that this user may read"))
        return
    for key, text in _leaves(values):
        document.overlay(key, text, str(files[_variable(key).lower()]))


def _secret_files(folder: Path) -> dict[str, Path]:
    """The folder's files that are ours, by the lower-case name of their variable."""
    files = {path.name.lower(): path for path in sorted(folder.iterdir())}
    return {name: path for name, path in files.items() if name.startswith(PREFIX.lower())}


def _variable(key: Key) -> str:
    return PREFIX + DELIMITER.join(key).upper()


def _leaves(values: Mapping[str, Any], above: Key = ()) -> Iterator[tuple[Key, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value


def _known(table: Mapping[str, Any], name: str) -> str:
    """The key of the table that a variable's lower-case part means; the part itself where there is none."""
    return next((key for key in table if key.replace("-", "_").lower() == name.replace("-", "_")), name)


def typed(model: type[BaseModel], name: str, text: str) -> object:
    """A value from outside as the key ``name`` of a table takes it: text where that is text, else as in TOML."""
    field = model.model_fields.get(name)
    if field is None:
        return text
    try:
        _adapter(model, name).validate_python(text, strict=True)
    except ValidationError:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except ValueError:
            return text
    return text


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    return TypeAdapter(model.model_fields[name].annotation or Any)
