"""What is built can be installed anywhere: wheel, sdist, editable, and one name in site-packages."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(run, check=True, capture_output=True, text=True, cwd=folder)
    return folder


def only(folder: Path, pattern: str) -> Path:
    """The one file of a pattern."""
    (found,) = folder.glob(pattern)
    return found


def test_the_wheel_adds_one_name_to_site_packages(built: Path) -> None:
    with zipfile.ZipFile(only(built, "*.whl")) as wheel:
        names = wheel.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"steward"}
    for room in ("agent", "config", "connectors", "evaluators", "simulators"):
        assert f"steward/_app/{room}/__init__.py" in names
    clauses = "config/clauses/source/availability.toml"
    for data in ("config/sites/demo.toml", clauses, "agent/journal/schema/0002.sql"):
        assert f"steward/_app/{data}" in names


def test_the_sdist_holds_the_tests_and_the_docs(built: Path) -> None:
    with tarfile.open(only(built, "*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"LICENSE", "Makefile", "README.md", "docs/architecture.md", "tests/test_packaging.py"} <= names


def test_an_installed_wheel_runs_beside_a_foreign_package_of_the_same_name(built: Path, tmp_path: Path) -> None:
    python = environment(tmp_path, only(built, "*.whl"))
    foreign = site_packages(python) / "agent"
    foreign.mkdir()
    (foreign / "__init__.py").write_text(
        'raise RuntimeError("the foreign agent was imported")\n', encoding="utf-8"
    )
    for command in ([python, "-m", "steward"], [python.parent / "steward"]):
        asked = run_installed([*command, "check", str(ROOT / "config" / "sites" / "demo.toml")], tmp_path)
        assert asked.returncode == 0, asked.stderr
        assert "no errors" in asked.stdout
    helped = run_installed([python, "-m", "steward", "simulate", "--help"], tmp_path)
    assert helped.returncode == 0, helped.stderr
    assert "--scenario" in helped.stdout


def test_an_editable_install_finds_the_rooms_in_the_checkout(tmp_path: Path) -> None:
    python = environment(tmp_path, "--editable", str(ROOT))
    asked = run_installed([python, "-c", "import agent, steward; print(agent.__file__)"], tmp_path)
    assert asked.stdout.strip() == str(ROOT / "agent" / "__init__.py"), asked.stderr


def environment(folder: Path, *what: str | Path) -> Path:
    """A fresh environment with only Steward installed; returns its python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    command = [*install, "--no-build-isolation", *map(str, what)]
    builder = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}  # the build backend is ours
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=builder)
    assert done.returncode == 0, done.stderr
    return python


def site_packages(python: Path) -> Path:
    """The site-packages of that python."""
    return only(python.parents[1], "lib/python*/site-packages")


def run_installed(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run with the dependencies of the test environment, and nothing of the checkout, on the path."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTHON", "STEWARD"))}
    clean["PYTHONPATH"] = sysconfig.get_path("purelib")
    return subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=clean,
        timeout=60,
    )
