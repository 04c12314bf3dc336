"""The work of a sweep: one rollout with every point, the same numbers wherever and in whatever order it is done."""

from __future__ import annotations

import io
import pickle
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from turnout.errors import InputError
from turnout.metrics import METRICS
from turnout.sampling import Sample
from turnout.simulator.outcome import GONE_BAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from turnout.scenario import Scenario
    from turnout.simulator.outcome import Outcome
    from turnout.strategy import Strategy
    from turnout.traffic import Traffic

__all__ = ["Job", "Row", "packed", "unpacked"]


@attrs.frozen
class Row:
    """What one rollout did with every point.

    Attributes:
        rollout: Its number.
        outcomes: One for each point, with the metrics in `Job.metrics`.
    """

    rollout: int
    outcomes: tuple[Outcome, ...]


@attrs.frozen(kw_only=True, slots=False)
class Job:
    """All that the numbers of a sweep depend on.

    Attributes:
        scenario: What is rolled out.
        traffic: The traffic.
        points: How: the strategies of the grid.
        seed: Seeds everything random.
        gone_bad: Whether every rollout is simulated with a bad revision, too.
    """

    scenario: Scenario
    traffic: Traffic
    points: tuple[Strategy, ...]
    seed: int
    gone_bad: bool

    @property
    def metrics(self) -> tuple[str, ...]:
        """Which metrics are measured."""
        return tuple(name for name in METRICS if self.gone_bad or name not in GONE_BAD)

    @cached_property
    def _sample(self) -> Sample:
        return Sample.of(self.scenario, self.traffic, self.seed)

    def run(self, rollout: int) -> Row:
        """Simulate one rollout with every point.

        Raises:
            PlanError: If a strategy fails, answers nonsense, or never comes to rest.
        """
        found = self._sample.outcomes(self.scenario, self.points, rollout, gone_bad=self.gone_bad)
        return Row(
            rollout,
            tuple(
                attrs.evolve(each, numbers={name: float(each.numbers[name]) for name in self.metrics})
                for each in found
            ),
        )


def packed(job: Job, arrays: Callable[[pickle.PickleBuffer], object] | None = None) -> bytes:
    """Return a job as bytes that another process reads.

    Args:
        job: The job.
        arrays: Is given what is large, in place of copying it into the bytes; `unpacked` has to be given the same.

    Raises:
        InputError: If it cannot leave this process.
    """
    buffer = io.BytesIO()
    try:
        _Pickler(buffer, pickle.HIGHEST_PROTOCOL, buffer_callback=arrays).dump(job)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"the sweep cannot be handed to another process: {error}",
            where="workers",
            hint="define strategies at the top of a module, or leave workers and scheduler out",
        ) from error
    return buffer.getvalue()


class _Pickler(pickle.Pickler):
    """Pickles read-only mappings, too, such as a manifest's parameters."""

    def reducer_override(self, obj: object) -> Any:
        if isinstance(obj, MappingProxyType):
            return _read_only, (dict(obj),)
        return NotImplemented


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


def unpacked(data: bytes, arrays: Iterable[memoryview] = ()) -> Job:
    """Read what `packed` made."""
    # It comes from the process that began the sweep.
    job: Job = pickle.loads(data, buffers=arrays)  # noqa: S301
    return job
