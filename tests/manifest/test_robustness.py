"""Whatever comes in, what comes out is a workload or one printable line."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.manifest.generators import deployments
from tests.manifest.samples import DEPLOYMENT, ROLLOUT, SERVICE, to_yaml
from turnout.errors import InputError
from turnout.manifest import load_manifest, parse_manifest
from turnout.workload import Workload


def attempt(text: str, name: str | None = None) -> None:
    """Read a text, and check that all goes as it should, whether it is taken or refused."""
    try:
        found = parse_manifest(text, where="x", name=name)
    except InputError as error:
        message = str(error)
        assert message.startswith("x")
        assert message.isprintable()
    else:
        assert isinstance(found, Workload)
        assert all(each.isprintable() for each in found.notes)
        assert all(each.endswith(".") for each in found.notes)


@given(st.text())
@example("\ud800")
@example("%YAML 1.99\n---\na")
@example('"\\UFFFFFFFF"')
@example("? ")
@example("&a")
@example("%TAG ! x\n---\n!a b")
def test_any_text(text: str) -> None:
    attempt(text)


@given(st.text(alphabet="{}[]:,-?&*!|>'\"%@`#~<= \n\t\\ab01.\x85\u2028\ufeff", max_size=40))
def test_any_text_of_yaml_marks(text: str) -> None:
    attempt(text)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "web.yaml"
        path.write_bytes(data)
        with pytest.raises(InputError) as caught:
            load_manifest(path)
        assert str(caught.value).isprintable()


SAMPLES = (DEPLOYMENT, ROLLOUT, DEPLOYMENT + SERVICE, ROLLOUT + SERVICE)


@given(st.sampled_from(SAMPLES), st.data())
def test_a_manifest_cut_and_patched(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        patch = data.draw(
            st.text(alphabet="{}[]:,-&*!|'\"%# \n\tab01", max_size=4) | st.sampled_from(SAMPLES)
        )
        text = text[:start] + patch + text[end:]
    attempt(text)


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2**70)
    | st.floats()
    | st.sampled_from(
        ["", "{{ x }}", "25%", "List", "Deployment", "a\x1bb", "None", "apps/v1", "\ud800", "web"]
    ),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["kind", "items", "name", "spec", "metadata", "exec", "maxSurge", "key", "a\x07b", "app"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value within an object, itself included."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(path for key, each in inner for path in paths(each, (*here, key)))]


SERVICES = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 5}}},
}


@given(deployments(), st.data())
def test_a_deployment_with_anything_anywhere(
    drawn: tuple[dict[str, Any], Workload], data: st.DataObject
) -> None:
    written = {"apiVersion": "v1", "kind": "List", "items": [drawn[0], SERVICES]}
    written["items"][1]["spec"]["selector"] = drawn[0]["spec"]["selector"]["matchLabels"]  # type: ignore[index]  # JSON
    path = data.draw(st.sampled_from(paths(written)))
    attempt(to_yaml(_with(written, path, data.draw(odd))), data.draw(st.none() | st.just(drawn[1].name)))


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, list):
        return [_with(each, path[1:], new) if index == path[0] else each for index, each in enumerate(value)]
    return {key: _with(each, path[1:], new) if key == path[0] else each for key, each in value.items()}


@given(odd, st.text())
def test_any_object_and_any_name(value: Any, name: str) -> None:
    attempt(to_yaml(value), name)
    attempt(DEPLOYMENT, name)
