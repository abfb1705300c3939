"""Paths that are walked without jmespath find what jmespath finds."""

from __future__ import annotations

from typing import Any

import jmespath.parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.paths import UNFIT, compiled

NAMES = ("a", "b", '"c d"', '"客梯"')
STEP = st.sampled_from([*NAMES, "[0]", "[1]", "[-1]", "[-3]"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c d", "客梯"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def written(steps: list[str]) -> str:
    """The steps as one path."""
    path = ""
    for step in steps:
        path += step if not path or step.startswith("[") else f".{step}"
    return path


@given(st.lists(STEP, min_size=1, max_size=4).map(written), JSON)
def test_simple_paths(path: str, document: Any) -> None:
    assert compiled(path)(document) == jmespath.search(path, document)


@given(
    st.sampled_from(["@", "a.b.a", "a[0].b", "@.a", "a[*].b", "a || b", "a[?b].a | [0]", "length(a)", "*"]), JSON
)
def test_other_paths(path: str, document: Any) -> None:
    try:
        expected = jmespath.search(path, document)
    except Exception:  # noqa: BLE001  # whatever jmespath raises
        expected = UNFIT
    assert compiled(path)(document) == expected


@pytest.mark.parametrize("path", ["@", "a", "a.b", "cars[0].mode", '"a b"[-1]', "[0]", "[1][2].x"])
def test_simple_paths_need_no_jmespath(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    search = compiled(path)
    monkeypatch.setattr(jmespath.parser.ParsedResult, "search", None)
    assert search({}) in (None, {})
    assert search([]) in (None, [])
