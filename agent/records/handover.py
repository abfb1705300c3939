"""Handing files over to a running agent: a folder in its inbox, made complete by its renaming.

The folder is named by 32 hexadecimal digits. It holds ``manifest.json``, which names the files and says what
`Delivery` says, and the files, each in a folder of its own together with what its rows attach.
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.records.attachments import within
from agent.records.draft import Delivery
from agent.records.files import read_file
from agent.records.intake import read_bytes, sayable
from agent.records.sheet import Known
from config.problems import Refused
from connectors.protocol import Clock

MANIFEST = "manifest.json"
TAKEN = "taken"
REFUSED = "refused"
REPORT = ".report.json"
_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a folder holds: its files, by their paths in it, and what is said of them."""

    files: tuple[str, ...]
    delivery: Delivery


def is_bundle(folder: Path) -> bool:
    """Whether a folder of the inbox was handed over as a whole."""
    return _NAME.fullmatch(folder.name) is not None and (folder / MANIFEST).is_file()


def hand_over(inbox: Path, files: Sequence[Path], delivery: Delivery, known: Known) -> str:
    """Put copies of files, and of the files that their rows attach, into an inbox; the folder's name there.

    OSError where one cannot be read or written.
    """
    name = uuid.uuid4().hex
    draft = inbox / f".{name}"
    draft.mkdir(parents=True)
    try:
        paths = [_copy(file, draft / str(number), delivery, known) for number, file in enumerate(files, 1)]
        manifest = {"files": [str(path.relative_to(draft)) for path in paths], **asdict(delivery)}
        (draft / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
        draft.rename(inbox / name)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return name


def _copy(file: Path, folder: Path, delivery: Delivery, known: Known) -> Path:
    """A file and what it attaches, copied; what cannot be found is told by whoever takes it."""
    folder.mkdir()
    data = read_bytes(file)
    copy = folder / sayable(file.name)
    copy.write_bytes(data)
    for row in read_file(file.name, data, known, delivery).rows:
        for name in row.files:
            try:
                source = within(name, file.parent)
            except Refused:
                continue
            target = folder / name.replace("\\", "/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return copy


def read_manifest(folder: Path) -> Manifest:
    """What a folder holds; ValueError where that cannot be told."""
    found = json.loads((folder / MANIFEST).read_bytes())
    try:
        files = tuple(str(within(name, folder).relative_to(folder.resolve())) for name in found.pop("files"))
        delivery = Delivery(**found)
    except (AttributeError, KeyError, TypeError, Refused) as error:
        raise ValueError(f"{MANIFEST} cannot be read: {error}") from error
    if any(type(value) is not type(default) for value, default in _against_defaults(delivery)):
        raise ValueError(f"{MANIFEST} cannot be read: a value is of a wrong type")
    return Manifest(files, delivery)


def _against_defaults(delivery: Delivery) -> list[tuple[Any, Any]]:
    plain = asdict(Delivery())
    return [(value, plain[name]) for name, value in asdict(delivery).items()]


async def report_of(inbox: Path, name: str, clock: Clock, within_s: float) -> list[Mapping[str, Any]] | None:
    """What became of each file of a folder, as soon as that is written; None where it is not in time."""
    until = clock.monotonic() + within_s
    while True:
        for folder in (TAKEN, REFUSED):
            for report in (inbox / folder).glob(f"*-{name}{REPORT}"):
                found: list[Mapping[str, Any]] = json.loads(report.read_bytes())
                return found
        if clock.monotonic() > until:
            return None
        await clock.sleep(_LOOK_EVERY_S)
