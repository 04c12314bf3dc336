"""What a source of traffic is: a frozen attrs class whose fields are its parameters, with one method."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

if TYPE_CHECKING:
    from turnout.traffic.traffic import Traffic

__all__ = ["TrafficSource"]


@runtime_checkable
class TrafficSource(Protocol):
    """Gives traffic: recorded, or made up.

    Subclass it with ``@attrs.frozen(kw_only=True)``; each field is a parameter, as a strategy's are: its type, default,
    validator and the ``"doc"`` of its metadata make the command line, the table in the docs and the error messages.
    The first line of the class's docstring is its description.

    Attributes:
        name: What users call it.
    """

    name: ClassVar[str]

    def load(self, seed: int) -> Traffic:
        """Return the traffic; the same for the same seed.

        Raises:
            InputError: If there is none to be had with these parameters.
        """
        ...
