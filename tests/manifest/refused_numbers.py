"""Deployments that are refused for a number."""

from __future__ import annotations

from tests.manifest.refusal import Case
from tests.manifest.samples import DEPLOYMENT, line_of, swap


def _number(field: str, was: str, value: str, *words: str) -> Case:
    """A number of the Deployment's spec."""
    name = field.rpartition(".")[2]
    text = swap(DEPLOYMENT, f"{name}: {was}", f"{name}: {value}")
    return Case(text, f"{line_of(text, f'{name}: {value}')}: {field}", words)


def _surge(value: str, *words: str) -> Case:
    return _number("spec.strategy.rollingUpdate.maxSurge", "25%", value, *words)


def _unavailable(value: str, *words: str) -> Case:
    return _number("spec.strategy.rollingUpdate.maxUnavailable", "1", value, *words)


NUMBERS = {
    "replicas negative": _number("spec.replicas", "3", "-1", "-1", "from 0"),
    "replicas in quotes": _number("spec.replicas", "3", '"3"', "'3'", "without quotes"),
    "replicas fraction": _number("spec.replicas", "3", "2.5", "2.5", "not a whole number"),
    "replicas word": _number("spec.replicas", "3", "three", "'three'", "not a whole number"),
    "replicas boolean": _number("spec.replicas", "3", "yes", "true", "not a whole number"),
    "replicas list": _number("spec.replicas", "3", "[3]", "a list", "not a whole number"),
    "replicas beyond 32 bits": _number("spec.replicas", "3", "2147483648", "out of range", "2147483647"),
    "replicas of many digits": _number("spec.replicas", "3", "9" * 200, "out of range"),
    "replicas infinite": _number("spec.replicas", "3", ".inf", "not a whole number"),
    "replicas not a number": _number("spec.replicas", "3", ".nan", "not a whole number"),
    "replicas of a template": _number("spec.replicas", "3", '"{{ .Values.n }}"', "helm template"),
    "minReadySeconds negative": _number("spec.minReadySeconds", "5", "-1", "-1", "from 0"),
    "revisionHistoryLimit negative": _number("spec.revisionHistoryLimit", "4", "-2", "-2", "from 0"),
    "deadline is minReadySeconds": _number(
        "spec.progressDeadlineSeconds", "60", "5", "greater than minReadySeconds", "5"
    ),
    "deadline zero": _number("spec.progressDeadlineSeconds", "60", "0", "greater than minReadySeconds"),
    "deadline negative": _number("spec.progressDeadlineSeconds", "60", "-1", "from 0"),
    "surge fraction of a percent": _surge('"12.5%"', "12.5%", "whole percentage"),
    "surge digits in quotes": _surge('"10"', "'10'", "without quotes", "10%"),
    "surge negative": _surge("-1", "-1", "from 0"),
    "surge negative percent": _surge('"-5%"', "-5%", "whole percentage"),
    "surge signed percent": _surge('"+5%"', "+5%", "whole percentage"),
    "surge with a space": _surge('"25 %"', "25 %", "whole percentage"),
    "surge with a space after": _surge('"25% "', "25% ", "whole percentage"),
    "surge empty": _surge('""', "whole percentage"),
    "surge word": _surge("all", "'all'", "whole percentage"),
    "surge fraction": _surge("0.5", "0.5", "not a whole number"),
    "surge in other digits": _surge('"٢٥%"', "whole percentage"),
    "surge beyond 32 bits": _surge("4294967296", "out of range"),
    "surge of absurd percent": _surge(f'"{"9" * 5000}%"', "whole percentage"),
    "surge list": _surge("[1]", "a list"),
    "unavailable over 100": _unavailable("101%", "101%", "more than 100%"),
    "unavailable negative": _unavailable("-1", "-1"),
    "unavailable fraction": _unavailable('"0.5%"', "0.5%", "whole percentage"),
    **{
        f"both zero, {surge} and {unavailable}": Case(
            swap(
                swap(DEPLOYMENT, "maxSurge: 25%", f"maxSurge: {surge}"),
                "maxUnavailable: 1",
                f"maxUnavailable: {unavailable}",
            ),
            "15: spec.strategy.rollingUpdate.maxUnavailable",
            ("may not be 0", "maxSurge"),
        )
        for surge in ("0", "0%", '"00%"')
        for unavailable in ("0", "0%", "0.0")
    },
}
