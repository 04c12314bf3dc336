"""The parameters of strategies and traffic sources, all derived from the fields of one frozen attrs class."""

from turnout.parameters.build import build, to_dict
from turnout.parameters.describe import Parameter, describe
from turnout.parameters.kinds import Kind, Plain, ValueType
from turnout.parameters.limits import Limits
from turnout.parameters.spec import parse_spec, to_spec

__all__ = [
    "Kind",
    "Limits",
    "Parameter",
    "Plain",
    "ValueType",
    "build",
    "describe",
    "parse_spec",
    "to_dict",
    "to_spec",
]
