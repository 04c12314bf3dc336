"""What the numbers of a sweep depend on, in a few digests: whether a file of results is about the same sweep."""

from __future__ import annotations

from hashlib import blake2b
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import attrs

from turnout.parameters import to_spec
from turnout.sweeping.code import code_digest
from turnout.traffic.mapped import pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout.jobs.job import Job
    from turnout.scenario import Scenario
    from turnout.traffic import Traffic

__all__ = ["differences", "identity"]

_WORDS = {
    "turnout": "another version of turnout",
    "scenario": "another scenario",
    "traffic": "other traffic",
    "seed": "another seed",
    "points": "another grid",
    "code": "code of turnout or of strategies that has changed since",
    "metrics": "other metrics",
}


def identity(job: Job) -> dict[str, Any]:
    """Return what the numbers of a job depend on, as JSON has it; the number of rollouts is no part of it."""
    return {
        "turnout": version("turnout"),
        "scenario": _of_scenario(job.scenario),
        "traffic": _of_traffic(job.traffic),
        "seed": job.seed,
        "points": [to_spec(each) for each in job.strategies],
        "code": code_digest(map(type, job.strategies)),
        "metrics": list(job.metrics),
    }


def differences(own: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Say in what two identities differ, in a few words each; nothing if they are the same."""
    return [words for name, words in _WORDS.items() if own.get(name) != other.get(name)]


def _digest(parts: Iterable[bytes]) -> str:
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.hexdigest()


def _of_scenario(scenario: Scenario) -> str:
    workload = attrs.evolve(scenario.workload, source="", notes=())  # wherever the same manifest lies
    return _digest([repr(attrs.evolve(scenario, workload=workload)).encode()])


def _of_traffic(traffic: Traffic) -> str:
    parts = [repr((traffic.start, traffic.end)).encode()]
    for name in ("page_offset", "request_offset", "has_document", "request_time"):
        array = getattr(traffic, name)
        own = blake2b(array.dtype.str.encode(), digest_size=16)
        for piece in pieces(array):
            own.update(piece)
        parts.append(own.digest())
    return _digest(parts)
