"""The rooms and their arrows, read off the source: who may import whom, and what pure modules may not touch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("agent", "config", "connectors", "evaluators")
"""Arrows go from left to right only."""

PURE = [
    *sorted((ROOT / "evaluators").rglob("*.py")),
    *sorted(ROOT.glob("connectors/*/plan.py")),
    *sorted(ROOT.glob("connectors/*/decode.py")),
    *sorted(ROOT.glob("connectors/*/health.py")),
    *sorted(ROOT.glob("connectors/*/quality.py")),
    *(ROOT / "connectors" / "modbus" / f"{name}.py" for name in ("addresses", "answer", "encodings")),
    *(
        ROOT / "connectors" / "mqtt" / f"{name}.py"
        for name in ("paths", "payload", "rate", "times", "topics", "values")
    ),
    *(ROOT / "connectors" / "bacnet" / f"{name}.py" for name in ("announcement", "clock", "cov", "framing")),
    *(ROOT / "connectors" / "bacnet" / f"{name}.py" for name in ("refusal", "shape", "subscription", "tags")),
    *(ROOT / "connectors" / "bacnet" / f"{name}.py" for name in ("units", "watched", "wording", "worth")),
    *sorted(ROOT.glob("connectors/*/sequence.py")),
    *(ROOT / "agent" / "alerting" / f"{name}.py" for name in ("acks", "content", "events", "figures")),
    *(ROOT / "agent" / "alerting" / f"{name}.py" for name in ("life", "own", "policy", "rings")),
    ROOT / "agent" / "answers.py",
    ROOT / "agent" / "gaps" / "outages.py",
    ROOT / "agent" / "history" / "intervals.py",
    ROOT / "agent" / "history" / "ranges.py",
    ROOT / "agent" / "journal" / "bounds.py",
    ROOT / "agent" / "journal" / "checkpoint.py",
    ROOT / "agent" / "journal" / "encoding.py",
    ROOT / "agent" / "journal" / "seal.py",
    ROOT / "agent" / "journal" / "wal.py",
    ROOT / "agent" / "lineprotocol.py",
    ROOT / "agent" / "timekeeping.py",
    ROOT / "agent" / "timeline.py",
    *(ROOT / "agent" / "records" / f"{name}.py" for name in ("cells", "columns", "commissioning", "draft")),
    *(ROOT / "agent" / "records" / f"{name}.py" for name in ("encoding", "payload", "references", "sheet")),
    ROOT / "agent" / "records" / "vocabulary.py",
    ROOT / "config" / "relocation.py",
]
FORBIDDEN_MODULES = {
    "apsw", "asyncio", "bacpypes3", "glob", "http", "influxdb_client", "io", "logging", "multiprocessing", "os",
    "paho", "pathlib", "pymodbus", "random", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "ssl",
    "structlog", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "urllib3", "uuid",
}  # fmt: skip
FORBIDDEN_CALLS = {"open", "print", "input", "now", "utcnow", "today", "uuid4"}
PROTOCOL_LIBRARIES = {"bacpypes3", "paho", "pymodbus"}


def sources(folder: str) -> Iterator[Path]:
    """Every module of a room."""
    yield from sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, by full dotted name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def tops(path: Path) -> set[str]:
    """The top-level names that a file imports."""
    return {name.partition(".")[0] for name in imported(path)}


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_go_one_way(room: str) -> None:
    upward = set(ROOMS[: ROOMS.index(room)]) | {"simulators", "steward", "tests"}
    wrong = {str(path.relative_to(ROOT)): tops(path) & upward for path in sources(room)}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_simulators_and_the_agent_meet_on_a_socket_only() -> None:
    rooms = {*ROOMS, "steward", "tests"}
    assert {str(path): tops(path) & rooms for path in sources("simulators") if tops(path) & rooms} == {}


def test_the_model_stands_on_the_standard_library() -> None:
    for path in sources("evaluators"):
        others = {name for name in tops(path) if name not in {"evaluators", *_standard()}}
        assert others == set(), path


def _standard() -> frozenset[str]:
    import sys

    return sys.stdlib_module_names


def test_only_a_connectors_own_files_know_the_protocols_library() -> None:
    found = {
        str(path.relative_to(ROOT)): tops(path) & PROTOCOL_LIBRARIES for room in ROOMS for path in sources(room)
    }
    assert {path for path, names in found.items() if names} == {
        "connectors/bacnet/names.py",
        "connectors/bacnet/wire.py",
        "connectors/modbus/connector.py",
        "connectors/mqtt/connector.py",
    }


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_modules_touch_nothing(path: Path) -> None:
    assert tops(path) & FORBIDDEN_MODULES == set()
    called = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    assert called & FORBIDDEN_CALLS == set()


@pytest.mark.parametrize("room", ROOMS)
def test_one_module_reads_time(room: str) -> None:
    readers = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "now", "utcnow", "today"}
    for path in sources(room):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Attribute) and node.attr in readers and isinstance(node.value, ast.Name)):
                continue
            asks = node.value.id in {"time", "datetime", "date"}
            assert not asks or path == ROOT / "agent" / "clock.py", f"{path}:{node.lineno}"


def test_the_test_itself_can_fail(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import time\nfrom agent.app import run\n", encoding="utf-8")
    assert tops(wrong) == {"time", "agent"}
