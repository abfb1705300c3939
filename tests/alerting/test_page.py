"""docs/alerts.md says what the program does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from agent.alerting.content import StoredEvent, message
from agent.alerting.events import Ending, Event, Stage
from config.tables import AlertsTable
from evaluators.model.times import DAY_NS, HOUR_NS, SECOND_NS
from tests.alerting.scenes import START, an_event

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")


def test_its_message_is_one() -> None:
    event = an_event(1, START + DAY_NS + SECOND_NS, event=Event.CHANGED, since=START + 18 * HOUR_NS)
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert json.loads(shown) == json.loads(message("tower", [StoredEvent(17, event)]))


def test_its_tables_name_every_stage_and_ending() -> None:
    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert named == [*(stage.value for stage in Stage), *(ending.value for ending in Ending)]


def test_its_keys_are_those_of_the_site_file() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    keys = set(re.findall(r"^(\w+) =", shown, re.MULTILINE))
    assert keys | {"webhook_token"} == set(AlertsTable.model_fields)
