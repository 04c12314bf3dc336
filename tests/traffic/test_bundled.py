"""The two bundled sources, through the plugin hook."""

from __future__ import annotations

import pluggy
import pytest

from tests.traffic.formats import Entry, lines
from tests.traffic.logs import log_file
from turnout import bundled, hookspecs
from turnout.errors import InputError
from turnout.parameters import build, describe, parse_spec, to_spec
from turnout.traffic import AccessLog, TrafficSource, load_traffic
from turnout.units import seconds


def test_the_hook_gives_both() -> None:
    manager = pluggy.PluginManager("turnout")
    manager.add_hookspecs(hookspecs)
    manager.register(bundled)
    manager.check_pending()
    sources = [source for each in manager.hook.turnout_traffic() for source in each]
    assert {source.name for source in sources} == {"access-log", "synthetic"}
    assert all(TrafficSource in source.__mro__ for source in sources)


def test_a_log_from_one_line_of_text() -> None:
    with log_file(
        lines([Entry(client="a", time=10**15), Entry(client="a", time=10**15 + 90_000_000)])
    ) as path:
        name, given = parse_spec(f'access-log:path="{path}",session_gap=1m')
        source = build(AccessLog, given)
        assert (name, source.session_gap) == ("access-log", seconds(60))
        assert parse_spec(to_spec(source))[1]["session_gap"] == "1m"
        traffic = source.load(3)
        assert traffic.sessions == 2
        same = load_traffic(path, session_gap=seconds(60), seed=3).traffic
        assert traffic.request_time.tolist() == same.request_time.tolist()


def test_parameters() -> None:
    assert all(each.doc for each in describe(AccessLog))
    assert [each.name for each in describe(AccessLog) if each.required] == ["path"]
    for given in ({"session_gap": "0s"}, {"page_window": "-1s"}, {"session_gap": "366d"}):
        with pytest.raises(InputError):
            build(AccessLog, {"path": "x", **given})
