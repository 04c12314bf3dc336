"""What the API server would refuse, and what turnout cannot read: each ends in one line that says where and why."""

from __future__ import annotations

import pytest

from tests.manifest.refused_numbers import NUMBERS
from tests.manifest.refused_objects import OBJECTS
from tests.manifest.refused_rollouts import ROLLOUTS
from tests.manifest.samples import DEPLOYMENT, ROLLOUT, SERVICE
from turnout.errors import InputError
from turnout.manifest import parse_manifest

ALL = {**NUMBERS, **OBJECTS, **{f"Rollout: {name}": case for name, case in ROLLOUTS.items()}}


@pytest.mark.parametrize("name", ALL)
def test_it_is_refused_in_one_line(name: str) -> None:
    case = ALL[name]
    with pytest.raises(InputError) as caught:
        parse_manifest(case.text, where="web.yaml")
    message = str(caught.value)
    assert caught.value.where == f"web.yaml:{case.at}"
    assert [word for word in case.words if word not in message] == []
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    assert len(message) < 300


@pytest.mark.parametrize("text", [DEPLOYMENT, ROLLOUT, DEPLOYMENT + SERVICE, ROLLOUT + SERVICE])
def test_what_the_cases_start_from_is_not_refused(text: str) -> None:
    assert parse_manifest(text).name == "web"
