"""Kept files: named by what is in them, taken from the sheet's own folder only."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from agent.records import attachments
from agent.records.attachments import Attachments
from config.problems import Refused
from evaluators.model.records import Attachment

CONTENT = b"a report\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with a file, one below it, and one outside."""
    folder = tmp_path / "inbox"
    (folder / "reports").mkdir(parents=True)
    for path in (folder / "a.pdf", folder / "reports" / "b.pdf", tmp_path / "secret"):
        path.write_bytes(CONTENT)
    return folder


@pytest.fixture
def kept(tmp_path: Path) -> Attachments:
    """An empty folder of kept files."""
    return Attachments(tmp_path / "attachments")


def test_a_file_is_kept_once_by_its_digest(kept: Attachments, base: Path) -> None:
    assert kept.keep("a.pdf", base) == Attachment("a.pdf", SHA256)
    assert kept.keep("reports\\b.pdf", base) == Attachment("b.pdf", SHA256)
    assert kept.path(SHA256).read_bytes() == CONTENT
    assert [path.name for path in kept.path("").iterdir()] == [SHA256]
    assert kept.holds(SHA256)
    assert not kept.holds("0" * 64)


def test_a_kept_file_that_was_damaged_is_replaced(kept: Attachments, base: Path) -> None:
    kept.keep("a.pdf", base)
    kept.path(SHA256).write_bytes(b"something else")
    assert not kept.holds(SHA256)
    kept.keep("a.pdf", base)
    assert kept.holds(SHA256)


def test_links_and_paths_lead_nowhere_else(kept: Attachments, base: Path, tmp_path: Path) -> None:
    (base / "link").symlink_to(tmp_path / "secret")
    (base / "loop").symlink_to("loop")
    (base / "inside").symlink_to("a.pdf")
    os.mkfifo(base / "pipe")
    for name, problem in (
        ("link", "lies outside"),
        ("../secret", "lies outside"),
        ("reports/../../secret", "lies outside"),
        (str(tmp_path / "secret"), "lies outside"),
        ("loop", "there is no file"),
        ("gone.pdf", "there is no file"),
        ("nul\0", "there is no file"),
        ("reports", "is no plain file"),
        ("pipe", "is no plain file"),
    ):
        with pytest.raises(Refused, match=problem):
            kept.keep(name, base)
    assert kept.keep("inside", base).sha256 == SHA256
    assert [path.name for path in kept.path("").iterdir()] == [SHA256], "nothing half-written stays"


def test_a_file_that_cannot_be_read_is_refused(
    kept: Attachments, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)  # whoever runs the tests may be allowed everything
    with pytest.raises(Refused, match=r"cannot be read \(Permission denied\)"):
        kept.keep("a.pdf", base)


def test_a_file_that_is_too_large_is_refused(
    kept: Attachments, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "SIZE_AT_MOST", 4)
    with pytest.raises(Refused, match="is larger than"):
        kept.keep("a.pdf", base)
    assert list(kept.path("").iterdir()) == []


def test_a_copy_that_reads_back_otherwise_is_not_kept(
    kept: Attachments, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_copied", lambda *_: "0" * 64)  # a disk that loses what it was given
    with pytest.raises(OSError, match="reads back as something else"):
        kept.keep("a.pdf", base)
    assert list(kept.path("").iterdir()) == []


def test_what_a_kill_left_behind_is_removed(kept: Attachments, base: Path) -> None:
    kept.tidy()
    kept.keep("a.pdf", base)
    (kept.path("") / ".half").write_bytes(b"x")
    kept.tidy()
    assert [path.name for path in kept.path("").iterdir()] == [SHA256]
