"""What a plugin's tests import: the conformance kit, and generators for properties of its own."""

from turnout.testing.conformance import conformance

__all__ = ["conformance"]
