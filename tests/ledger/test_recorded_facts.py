"""Facts are written with the keys that earlier versions wrote, and those of earlier versions are read."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from hailuo.ledger.fact_json import DONE, DOUBT, END, INTENT, ORPHAN, OUTCOME, damaged, dump_fact
from hailuo.ledger.facts import Abandoned, Refused, Submitted, Unsent
from tests.support.factories import JOB

RECORDED = json.loads(Path(__file__).with_name("recorded_facts.json").read_text(encoding="utf-8"))
KINDS: dict[str, TypeAdapter[Any]] = {
    "intent": INTENT,
    "doubt": DOUBT,
    "outcome": OUTCOME,
    "end": END,
    "orphan": ORPHAN,
    "done": DONE,
}


def compact(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_fact_is_read_and_written_again_byte_for_byte(name: str) -> None:
    """The bytes decide who was first, so they are part of the format."""
    kind = KINDS[name.replace(",", "").split()[0]]
    content = compact(RECORDED[name])

    assert dump_fact(kind.validate_json(content)) == content


@pytest.mark.parametrize("kind", [Submitted, Refused, Unsent, Abandoned])
def test_every_kind_of_outcome_is_recorded(kind: type) -> None:
    """A new kind needs its bytes here."""
    kinds = {OUTCOME.validate_python(fact) for name, fact in RECORDED.items() if name.startswith("outcome")}

    assert any(isinstance(outcome, kind) for outcome in kinds)


def test_facts_of_version_0_1_are_read() -> None:
    """Their intents named neither the address nor a task that is adopted, their `done` no request."""
    old = {key: value for key, value in RECORDED["intent"].items() if key not in {"base_url", "adopts"}}

    intent = INTENT.validate_json(compact(old))
    done = DONE.validate_json(compact({k: v for k, v in RECORDED["done"].items() if k != "request_id"}))

    assert done.request_id is None
    assert (intent.base_url, intent.adopts, intent.job.creative_id) == (None, None, JOB.creative_id)


@pytest.mark.parametrize("missing", ["task_id", "base_url"])
def test_a_submit_that_names_no_task_is_refused_with_its_key(missing: str) -> None:
    """It is never taken for a task with an empty id."""
    broken = {**RECORDED["outcome submitted"], missing: None}

    with pytest.raises(ValidationError) as caught:
        OUTCOME.validate_json(compact(broken))
    problem = damaged("shoe/main/a001/outcome", compact(broken), caught.value)
    assert str(problem).startswith(f"shoe/main/a001/outcome: is no valid fact (submitted.{missing}:")
