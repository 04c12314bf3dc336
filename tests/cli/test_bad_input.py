"""Bad input of any kind is one line on standard error that says what would be right, nothing else, and 2."""

from __future__ import annotations

import gzip
import io
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tests.manifest.samples import DEPLOYMENT, ROLLOUT, swap
from tests.report.samples import KIADA
from turnout.cli import main
from turnout.environment import Environment, Weather
from turnout.errors import InputError
from turnout.parameters import describe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LINE = '192.0.2.7 - - [01/Aug/1995:00:00:01 -0400] "GET / HTTP/1.0" 200 10\n'
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec: {}\n"
CUSTOM = "apiVersion: acme.example/v1\nkind: Website\nmetadata:\n  name: web\nspec: {replicas: 3}\n"
STEPS = swap(
    ROLLOUT,
    "    blueGreen:\n      activeService: live\n",
    "    canary:\n      steps:\n      - setWeight: 5\n",
)

FILES: dict[str, str | bytes] = {
    "web.yaml": DEPLOYMENT,
    "text.yaml": "once upon a time\n",
    "open.yaml": "a: [1, 2\n",
    "tab.yaml": "a:\n\tb: 1\n",
    "helm.yaml": "spec:\n  replicas: {{ .Values.replicas }}\n",
    "twice.yaml": swap(DEPLOYMENT, "  replicas: 3\n", "  replicas: 3\n  replicas: 4\n"),
    "service.yaml": SERVICE,
    "several.yaml": f"{DEPLOYMENT}---\n{swap(DEPLOYMENT, '  name: web' + chr(10), '  name: api' + chr(10))}",
    "minus.yaml": swap(DEPLOYMENT, "replicas: 3", "replicas: -1"),
    "many.yaml": swap(DEPLOYMENT, "replicas: 3", "replicas: 2147483647"),
    "more.yaml": swap(DEPLOYMENT, "replicas: 3", "replicas: 10001"),
    "stuck.yaml": swap(
        DEPLOYMENT, "maxSurge: 25%\n      maxUnavailable: 1", "maxSurge: 0\n      maxUnavailable: 0"
    ),
    "half.yaml": swap(DEPLOYMENT, "maxSurge: 25%", 'maxSurge: "12.5%"'),
    "crd.yaml": CUSTOM,
    "steps.yaml": STEPS,
    "empty.yaml": "",
    "comment.yaml": "# nothing\n---\n",
    "binary.yaml": bytes(range(256)),
    "empty.log": "",
    "blank.log": "\n\n\n",
    "prose.log": "once upon\na time\n",
    "binary.log": bytes(range(256)) * 20,
    "cut.log.gz": gzip.compress((LINE * 1000).encode())[:60],
    "good.log": LINE * 3,
}

MANIFESTS = {
    "text.yaml": ("text.yaml",),
    "open.yaml": ("open.yaml:",),
    "tab.yaml": ("tab.yaml:2",),
    "helm.yaml": ("helm.yaml:", "template"),
    "twice.yaml": ("twice.yaml:", "replicas"),
    "service.yaml": ("service.yaml", "no Deployment, only v1 Service"),
    "several.yaml": ("several.yaml: holds 2 workloads and none is named", "web, api"),
    "minus.yaml": ("minus.yaml:", "spec.replicas", "-1"),
    "many.yaml": ("many.yaml:", "2,147,483,647 replicas are too many to simulate", "--replicas"),
    "more.yaml": ("10,001 replicas are too many",),
    "stuck.yaml": ("stuck.yaml:", "maxUnavailable", "0"),
    "half.yaml": ("half.yaml:", "maxSurge", "'12.5%'"),
    "crd.yaml": ("crd.yaml", "Website"),
    "steps.yaml": ("steps.yaml:", "steps"),
    "empty.yaml": ("empty.yaml", "nothing"),
    "comment.yaml": ("comment.yaml",),
    "binary.yaml": ("binary.yaml", "binary"),
    "good.log": ("good.log",),
    "missing.yaml": ("missing.yaml: there is no such file",),
    ".": (".: this is a directory",),
    "": ("'' is no manifest; give the path of a manifest",),
}

TRAFFIC = {
    "empty.log": ("empty.log: this log is empty",),
    "blank.log": ("blank.log",),
    "prose.log": ("prose.log: none of its 2 lines can be used",),
    "binary.log": ("binary.log: this is binary",),
    "web.yaml": ("web.yaml: none of its ",),
    "cut.log.gz": ("cut.log.gz: this gzip file is truncated",),
    "missing.log": ("missing.log: no such file",),
    ".": (".: this is a directory",),
    "": ("--traffic: '' is no traffic",),
    " ": ("--traffic: ' ' is no traffic",),
    "syntetic:duration=1h": (
        "--traffic: there is no such file as 'syntetic:duration=1h'; did you mean the source 'synthetic'?",
    ),
    "synthetic:minutes=5": ("--traffic: synthetic: there is no parameter 'minutes'",),
    "synthetic:duration=soon": ("parameter duration cannot be 'soon'",),
    "synthetic:duration=366d,sessions_per_minute=1000000": ("synthetic",),
}

OPTIONS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("--strategy", "roling"): ("there is no strategy 'roling'; did you mean 'rolling'?",),
    ("--strategy", "zzz"): ("there is no strategy 'zzz'; known are: blue-green, recreate, rolling",),
    ("--strategy", ""): ("the name is missing",),
    ("--strategy", "rolling:surge=1"): ("there is no parameter 'surge'; did you mean 'max_surge'?",),
    ("--strategy", "rolling:max_surge=lots"): ("parameter max_surge cannot be 'lots'",),
    ("--strategy", "rolling:max_surge=12.5%"): ("parameter max_surge cannot be '12.5%'",),
    ("--strategy", "rolling:max_surge=1,max_surge=2"): ("max_surge",),
    ("--strategy", "rolling:max_surge=0,max_unavailable=0"): ("max_surge and max_unavailable are both 0",),
    ("--strategy", "blue-green:switch=fast"): ("parameter switch cannot be 'fast'", "instant, page, drain"),
    ("--strategy", "blue-green:auto_promotion=perhaps"): ("it takes true or false",),
    ("--replicas", "0"): ("'--replicas': '0' is no whole number from 1 to 10,000",),
    ("--replicas", "10001"): ("'10001' is no whole number from 1 to 10,000",),
    ("--replicas", "3.5"): ("'3.5' is no whole number",),
    ("--replicas", "٣"): ("is no whole number",),
    ("--name", "nobody"): ("holds no workload named 'nobody'",),
    ("--previous", "1.2.3"): ("previous, bridge and target have to differ",),
    ("--bridge", "previous"): ("previous, bridge and target have to differ",),
    ("--previous", ""): ("--previous: it cannot be ''",),
    ("--bridge", " "): ("--bridge: it cannot be ' '",),
    ("--previous", "old\x1b[31m\nred"): (r"--previous: it cannot be 'old\x1b[31m\nred'",),
    ("--serves", "1.2.3"): ("--serves: '1.2.3' is not ASSETS=PAGES",),
    ("--serves", "=1.2.3"): ("--serves: '=1.2.3' is not ASSETS=PAGES",),
    ("--serves", "1.2.3=old"): ("--serves: there is no revision 'old'; known are: 1.2.3, bridge, previous",),
    ("--do", "dance at 5m"): ("runbook entry 'dance at 5m': 'dance' is no verb",),
    ("--do", "pause"): ("runbook entry 'pause'", "write it as 'pause when 1 available'"),
    ("--do", "pause at noon"): ("'noon' is not a duration",),
    ("--do", "scale 1000000000 at 5s"): ("turnout takes up to 10000",),
    ("--do", ""): ("runbook entry '': it is empty",),
    ("--scale-traffic", "0"): ("'--scale-traffic': '0' is no number above 0",),
    ("--scale-traffic", "-1"): ("'-1' is no number above 0",),
    ("--scale-traffic", "nan"): ("'nan' is no number above 0",),
    ("--scale-traffic", "inf"): ("'inf' is no number above 0",),
    ("--scale-traffic", "1e300"): ("'1e300' is no number above 0, and at most 1000000",),
    ("--scale-traffic", "1000000"): ("1e+06 times this traffic",),
    ("--scale-traffic", "1e-12"): ("leaves no session",),
    ("--scale-traffic", "twice"): ("'twice' is no number above 0",),
    ("--seed", "dice"): ("'--seed': 'dice' is not a valid integer",),
    ("--seed", "1.5"): ("'--seed': '1.5' is not a valid integer",),
    ("--patience", "forever"): ("'--patience': 'forever' is not a duration; write it as 90s, 5m",),
    ("--detect", "-5s"): ("'-5s' is not a duration",),
    ("--horizon", "0"): ("'--horizon': it cannot be '0'; it takes a duration, at least 1s; see turnout",),
    ("--patience", "100us"): (
        "'--patience': it cannot be '100us'; it takes 0s, or a duration of at least 1ms; see",
    ),
    ("--horizon", "101000d"): ("longer than a hundred years",),
    ("--startup", "500us"): (
        "'--startup': it cannot be '500us'; it takes 0s, or a duration of at least 1ms; see",
    ),
    ("--queue-timeout", "1us", "--capacity", "5"): (
        "'--queue-timeout': it cannot be '1us'; it takes 0s, or a duration of at least 1ms, or none; see",
    ),
    ("--crash-every", "1us"): (
        "'--crash-every': it cannot be '1us'; it takes a duration, at least 1s, or none",
    ),
    ("--startup", "1 fortnight"): (
        "'--startup': it cannot be '1 fortnight'; it takes a duration such as 90s",
    ),
    ("--startup-spread", "4"): (
        "'--startup-spread': it cannot be '4'; it takes a number, at least 0, at most 3",
    ),
    ("--capacity", "0.5"): ("'--capacity': it cannot be '0.5'", "at least 1"),
    ("--queue-timeout", "1s"): ("--queue-timeout: there is no queue without a capacity", "or --capacity"),
    ("--capacity", "5", "--queue-timeout", "-1s"): ("'--queue-timeout': it cannot be '-1s'", "duration"),
    ("--error-share", "1.1"): ("'--error-share': it cannot be '1.1'", "at most 1"),
    ("--slow-start", "0"): ("'--slow-start': it cannot be '0'", "more than 0"),
    ("--crash-every", "1ms"): ("'--crash-every': it cannot be '1ms'", "at least 1s"),
    ("--format", "xml"): ("'--format': 'xml' is not one of 'table', 'json'",),
    ("--frmat", "json"): ("No such option '--frmat'", "--format"),
    ("another.yaml",): ("unexpected extra argument (another.yaml)",),
}

COMPARE: dict[tuple[str, ...], tuple[str, ...]] = {
    ("--strategy", "rolling", "--strategy", "rolling"): (
        "strategy 'rolling:max_unavailable=1' is given twice",
    ),
    ("--strategy", "rolling", "--strategy", "rolling:max_surge=25%"): ("is given twice",),
    ("--strategy", "session-affinity:drain_timeout=500us"): (
        "parameter drain_timeout cannot be '500us'; it takes 0s, or a duration of at least 1ms",
    ),
    ("--traffic", "synthetic:think_time=500us"): (
        "parameter think_time cannot be '500us'; it takes 0s, or a duration of at least 1ms",
    ),
    ("--rollouts", "0"): ("'--rollouts': '0' is no whole number from 1",),
    ("--rollouts", "-3"): ("'-3' is no whole number from 1",),
    ("--rollouts", "9" * 20): (f"'{'9' * 20}' is no whole number from 1 to 1,000,000,000",),
    ("--require", "mixed_sessions<=200%"): ("no share is above 100%; give at most 100%",),
    ("--rollouts", "1e3"): ("'1e3' is no whole number from 1",),
    ("--require", "failed_requests"): ("requirement 'failed_requests': it is not METRIC<=VALUE",),
    ("--require", "longest_wait_seconds<=1"): (
        "requirements: longest_wait_seconds is measured only where requests queue",
        "--queue-timeout",
    ),
    ("--require", ""): ("it is not METRIC<=VALUE",),
    ("--require", "failures<=0"): ("'failures' is no metric; did you mean 'failed_requests'?",),
    ("--require", "failed_requests<=-1"): ("it is not METRIC<=VALUE",),
    ("--require", "duration_seconds<=1%"): ("duration_seconds is not a share of anything",),
    ("--require", "failed_requests<0"): ("nothing can keep failed_requests<0",),
    ("--require", "failed_requests<=0", "--require", "failed_requests>=1"): (
        "failed_requests<=0 and failed_requests>=1 contradict each other",
    ),
}

SHOW: dict[tuple[str, ...], tuple[str, ...]] = {
    ("--start", "1d1h"): ("--start: the traffic is over by then; start earlier",),
    ("--start", "yesterday"): ("'--start': 'yesterday' is not a duration",),
    ("--at", "-10\u00b5s"): ("'--at': '-10\u00b5s' is not a duration",),
    ("--rollouts", "5"): ("No such option '--rollouts'",),
    ("--strategy", "rolling", "--strategy", "zzz"): ("there is no strategy 'zzz'",),
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with all that is wrong in it."""
    made = tmp_path_factory.mktemp("bad")
    for name, content in FILES.items():
        (made / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return made


@pytest.fixture(autouse=True)
def _in_directory(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)


def refused(arguments: Sequence[str], capsys: pytest.CaptureFixture[str], *words: str) -> None:
    code = main(arguments)
    written = capsys.readouterr()
    assert (code, written.out) == (2, "")
    assert len(written.err.splitlines()) == 1
    assert written.err.startswith("turnout: ")
    assert len(written.err) < 600 + sum(map(len, arguments))
    assert "\x1b" not in written.err
    for word in words:
        assert word in written.err


@pytest.mark.parametrize("command", ["compare", "show"])
@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests(command: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused([command, name], capsys, *MANIFESTS[name])


@pytest.mark.parametrize("command", ["compare", "show"])
@pytest.mark.parametrize("name", TRAFFIC)
def test_traffic(command: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused([command, "web.yaml", "--traffic", name], capsys, *TRAFFIC[name])


@pytest.mark.parametrize(
    ("command", "options"),
    [
        *(("compare", options) for options in {**OPTIONS, **COMPARE}),
        *(("show", options) for options in {**OPTIONS, **SHOW}),
    ],
)
def test_options(command: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    words = {**OPTIONS, **(COMPARE if command == "compare" else SHOW)}[options]
    refused([command, "web.yaml", *options], capsys, *words)


@pytest.mark.parametrize("command", ["compare", "show"])
def test_no_line_about_the_log_goes_before_the_error(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was found in a log is said once nothing else can be wrong."""
    arguments = [command, "web.yaml", "--traffic", "good.log", "--strategy", "rolling"]
    wrong = ["--strategy", "rolling"] if command == "compare" else ["--start", "1h"]
    refused([*arguments, *wrong], capsys)
    assert main([*arguments, *(["--rollouts", "1"] if command == "compare" else [])]) == 0
    assert capsys.readouterr().err.startswith("good.log: 3 requests from ")


@pytest.mark.parametrize("command", ["compare", "show"])
def test_standard_input_can_be_one_thing_only(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DEPLOYMENT.encode())))
    refused([command, "-", "--traffic", "-"], capsys, "manifest and traffic cannot both be standard input")
    assert sys.stdin.read() == DEPLOYMENT


@pytest.mark.parametrize("option", [["-"], ["web.yaml", "--traffic", "-"]])
def test_nothing_on_standard_input(
    option: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    refused(["compare", *option], capsys, "standard input")


@pytest.mark.parametrize("command", ["compare", "show"])
def test_nothing_at_all(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused([command], capsys, f"Missing argument 'MANIFEST'; see turnout {command} --help")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--without", "rolling", "show", "web.yaml"], "plugin 'rolling' is switched off"),
        (["--without", "rolling", "compare", "web.yaml", "--strategy", "rolling"], "is switched off"),
        (["--without", "core", "compare", "web.yaml"], "there is no traffic source 'synthetic'"),
        (
            [
                *(
                    word
                    for name in ("rolling", "recreate", "two-step", "blue-green", "session-affinity")
                    for word in ("--without", name)
                ),
                "compare",
                "web.yaml",
            ],
            "there is no strategy to compare",
        ),
    ],
)
def test_what_is_switched_off_is_missed(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(arguments, capsys, words)


NUMERIC = [
    "--replicas",
    "--rollouts",
    "--scale-traffic",
    "--seed",
    "--patience",
    "--detect",
    "--horizon",
    *(
        f"--{each.name.replace('_', '-')}"
        for cls in (Environment, Weather)
        for each in describe(cls)
        if each.type.kind != "bool"
    ),
]
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def _stop(*_: object, **__: object) -> None:
    raise InputError("all of it was read")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    option=st.sampled_from([*NUMERIC, "--strategy", "--require", "--do", "--serves", "--traffic", "--name"]),
    text=WORDS,
)
@example(option="--do", text="pause at 1s;")
@example(option="--traffic", text="..")
@example(option="--strategy", text="rolling:max_surge=%")
@example(option="--seed", text="9" * 5000)
@example(option="--seed", text="9" * 50)
@example(option="--replicas", text="9" * 5000)
@example(option="--scale-traffic", text="1e-400")
def test_any_text_is_read_or_refused(option: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assume(option != "--traffic" or text.isprintable())  # a file may be called anything
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("turnout.comparison.compare", _stop)  # nothing is simulated
        refused(["compare", str(KIADA), "--traffic", "synthetic:duration=1m", f"{option}={text}"], capsys)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    content=st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@example(content=b"a: &x [*x]")
@example(content=b"? {a: 1}\n: b")
@example(content=b"--- !!python/object/apply:os.system ['true']")
def test_any_bytes_for_a_manifest(
    directory: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "any.yaml").write_bytes(content)
    refused(["show", "any.yaml"], capsys)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(content=st.binary(max_size=60) | st.binary(max_size=60).map(gzip.compress))
def test_any_bytes_for_a_log(directory: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (directory / "any.log").write_bytes(content)
    refused(["show", "web.yaml", "--traffic", "any.log"], capsys)
