"""Filters in Python: the same as conditions, in a process that can only compute; a failure loses nothing."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import numpy as np
import pytest
from skyhub.candidates import (
    Filter,
    activate_filter,
    dry_run,
    explain_filter,
    filter_passes,
    filter_record,
    filter_status,
    propose_filter,
    try_filter,
)
from skyhub.candidates import _functions as functions
from skyhub.candidates._judge import judge
from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.history import audit
from skyhub.service import open_database
from skyhub.team import add_user, change_group
from support.commands import run_skyhub, skyhub
from support.houses import OTHER, SCANNER, VISITOR, candidates_of, ingest
from support.packets import detection, record, write_packets
from support.services import Served

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="functions run on Linux alone")

LEADER = Viewer("leader", frozenset({"transients"}), scopes=ROLES["scanner"])
READER = Viewer("reader", frozenset({"transients"}))
GOOD = "def good(alerts):\n    return alerts['drb'] > 0.5\n"
NOTING = """
def noting(alerts, points):
    n = points.groupby("candid").size()
    detected = alerts["candid"].map(n)
    return pd.DataFrame({"pass": alerts["drb"] > 0.5, "n_points": detected, "rise": alerts["mag"] - 1})
"""


def _function(body: str, header: str = "def f(alerts):") -> str:
    return f"{header}\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"


@pytest.fixture
def led(house: Database) -> Database:
    add_user(house, "leader", ["transients"], role="scanner")
    change_group(house, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    return house


@pytest.fixture(scope="module")
def quiet(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A house in which nothing is written."""
    with open_database(Path(copytree(built_house, tmp_path_factory.mktemp("quiet") / "house"))) as db:
        yield db


def _propose(
    db: Database, source: str, viewer: Viewer = LEADER, name: str = "function", **settings: Any
) -> dict[str, Any]:
    return propose_filter(db, viewer, name, source, "transients", language="python", guard=1.0, **settings)


def _live(db: Database, source: str, name: str = "function", **settings: Any) -> int:
    told = _propose(db, source, name=name, **settings)
    number = int(told["filter_id"])
    activate_filter(db, LEADER, number, told["newest_version"], "for this test")
    return number


def _arrive(db: Database, path: Path, candid: int = 99, name: str = "ZTF26new", **changes: Any) -> None:
    ingest(db, write_packets(path / f"{candid}.avro", record(candid, name, pid=candid, **changes)))


def _passed(db: Database, number: int) -> list[str]:
    sql = "SELECT object_id FROM @candidates WHERE filter_id = ? ORDER BY mjd, candid"
    return [row["object_id"] for row in db.reader.rows(ADMINISTRATOR, sql, [number])]


NO_FILTERS = {
    "nothing": ("", "no function"),
    "no Python": ("def f(alerts:\n", "no Python at line 1"),
    "a condition": ("drb > 0.5", "stands outside"),
    "a class": ("class A: pass", "stands outside"),
    "a call": ("def f(alerts):\n    return alerts['drb'] > 0\nf(1)", "line 3 stands outside"),
    "no value": (_function("return True", "def f():"), "one or two"),
    "three values": (_function("return True", "def f(a, b, c):"), "one or two"),
    "any values": (_function("return True", "def f(*alerts):"), "one or two"),
    "a coroutine": (_function("return True", "async def f(alerts):"), "stands outside"),
    "decorated": ("@staticmethod\n" + GOOD, "decorated"),
    "os": ("import os\n" + GOOD, "line 1 imports os"),
    "within": (_function("import subprocess\nreturn alerts['drb'] > 0"), "line 2 imports subprocess"),
    "skyhub": ("from skyhub.db import Database\n" + GOOD, "imports skyhub.db"),
    "a relative import": ("from . import x\n" + GOOD, "imports ."),
    "of the notebook": (_function("return alerts['drb'] > threshold"), "f uses threshold, which is not defined"),
    "too long": ("#" * 50_001, "50000 are permitted"),
    "null bytes": ("\0" + GOOD, "no Python"),
    "deep": (_function("return " + "(" * 5000 + "1" + ")" * 5000), "no Python"),
    "a scalar": (_function("return True"), "returned a bool"),
    "nothing returned": (_function("pass"), "returned a NoneType"),
    "too few": (_function("return alerts['drb'].head(1) > 0.5"), "rows of"),
    "another order": (_function("return alerts.sort_values('object_id', ascending=False)['drb'] > 0.5"), "order"),
    "a list that is too short": (_function("return [True]"), "1 values for"),
    "numbers": (_function("return alerts['drb']"), "true and false are permitted"),
    "texts": (_function("return ['yes'] * len(alerts)"), "true and false are permitted"),
    "a frame without pass": (_function("return alerts[['drb']]"), "no column 'pass'"),
    "a bad key": (_function("return pd.DataFrame({'pass': alerts['drb'] > 0, 'a b': 1})"), "'a b' is no key"),
    "an exception": (_function("return alerts['no_such_column'] > 0"), "KeyError at line 2"),
    "many annotations": (
        _function("return pd.DataFrame({'pass': alerts['drb'] > 0, **{f'x{n}': 1 for n in range(51)}})"),
        "51 annotations",
    ),
    "all alerts at once": (_function("return alerts['drb'] >= alerts['drb'].max()"), "each alert alone"),
    "the first alert": (_function("return alerts.index == 0"), "each alert alone"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_FILTERS)
def test_what_is_no_filter_is_refused(quiet: Database, name: str) -> None:
    source, told = NO_FILTERS[name]
    before = quiet.version()
    with pytest.raises(InvalidInput) as refused:
        _propose(quiet, source, ADMINISTRATOR)
    assert refused.value.where == "expression"
    assert told in refused.value.message
    assert quiet.version() == before


def test_a_function_gives_its_annotations_itself(quiet: Database) -> None:
    with pytest.raises(InvalidInput, match="gives annotations itself") as refused:
        _propose(quiet, GOOD, ADMINISTRATOR, annotations={"x": "mag"})
    assert refused.value.where == "annotations"


@pytest.mark.parametrize(
    ("viewer", "error"), [(READER, PermissionRefused), (VISITOR, PermissionRefused), (OTHER, PermissionRefused)]
)
def test_who_may_not_write_filters_runs_no_function(led: Database, viewer: Viewer, error: type[Exception]) -> None:
    with pytest.raises(error):
        _propose(led, GOOD, viewer)


def test_a_function_is_a_version_with_what_it_may_import(led: Database) -> None:
    told = _propose(led, GOOD)
    [version] = told["versions"]
    assert (version["language"], version["expression"], told["live"]) == ("python", GOOD, False)
    assert version["packages"]["numpy"] == np.__version__
    assert _propose(led, GOOD) == told
    with pytest.raises(NotFound):
        filter_record(led, OTHER, int(told["filter_id"]))


def test_alerts_pass_and_are_annotated_and_explained(led: Database, tmp_path: Path) -> None:
    number = _live(led, NOTING, autosave=["transients"])
    history = [detection(50, pid=50), detection(51, pid=51, jd=2461366.9)]  # the second one is later than the alert
    ingest(led, write_packets(tmp_path / "a.avro", record(99, "ZTF26new", history, pid=99)))
    _arrive(led, tmp_path, 100, "ZTF26bogus2", drb=0.1)
    assert _passed(led, number) == ["ZTF26new"]
    [row] = led.reader.rows(SCANNER, "SELECT * FROM @annotations WHERE object_id = 'ZTF26new'")
    assert (row["origin"], row["data"]) == ("function", '{"n_points": 2, "rise": 17.5}')
    assert len(led.reader.rows(SCANNER, "SELECT * FROM @sources WHERE object_id = 'ZTF26new'")) == 1
    for name, passes in (("ZTF26new", True), ("ZTF26bogus2", False)):
        [alert] = explain_filter(led, SCANNER, number, object_id=name)["alerts"]
        assert (alert["now"]["passes"], alert["now"]["cuts"][1]["cut"]) == (passes, "noting(alerts)")
        assert alert["now"]["annotations"]["rise"] == 17.5
        assert alert["at_alert"]["passes"] is passes
    assert filter_status(led, SCANNER, number)["cost_ms"] > 0


def test_points_that_others_may_not_see_are_left_out(led: Database, tmp_path: Path) -> None:
    """Whoever sees the candidate could otherwise tell from it what is in another stream."""
    history = [detection(50, pid=50, programid=3), detection(51, pid=51, programid=2)]
    number = _live(led, NOTING)
    ingest(led, write_packets(tmp_path / "a.avro", record(99, "ZTF26new", history, pid=99, programid=2)))
    [row] = led.reader.rows(ADMINISTRATOR, "SELECT data FROM @annotations WHERE object_id = 'ZTF26new'")
    assert row["data"] == '{"n_points": 2, "rise": 17.5}'
    assert _passed(led, number) == ["ZTF26new"]


def test_trials_and_dry_runs_are_those_of_conditions(led: Database) -> None:
    number = int(_propose(led, GOOD)["filter_id"])
    told = try_filter(led, SCANNER, number, known_objects=["ZTF26public", "ZTF26bogus"])
    assert (told["n_alerts"], told["n_passed"], told["recall"], told["n_faults"]) == (4, 3, 0.5, 0)
    same = dry_run(led, SCANNER, expression="drb > 0.5")
    for found in (dry_run(led, SCANNER, filter_id=number), dry_run(led, SCANNER, expression=GOOD, language="python")):
        assert {k: found[k] for k in ("n_alerts", "n_passed", "objects")} == {
            k: same[k] for k in ("n_alerts", "n_passed", "objects")
        }
    assert activate_filter(led, SCANNER, number, 1)["live"] is True
    assert _passed(led, number) == []  # what came before it went live is not filtered


FAILS = _function("if (alerts['mag'] < 18).any():\n    raise ValueError('too bright')\nreturn alerts['drb'] > 0.5")


def test_a_failing_function_loses_nothing(led: Database, tmp_path: Path) -> None:
    number, other = _live(led, FAILS), _live(led, GOOD, name="other function")
    _arrive(led, tmp_path, 99, "ZTF26a")
    _arrive(led, tmp_path, 100, "ZTF26b", magpsf=17.0)
    _arrive(led, tmp_path, 101, "ZTF26c")
    assert _passed(led, number) == ["ZTF26a"]
    assert _passed(led, other) == ["ZTF26a", "ZTF26b", "ZTF26c"]
    assert {"ZTF26a", "ZTF26b", "ZTF26c"} <= set(candidates_of(led, SCANNER))
    status = filter_status(led, SCANNER, number)
    assert (status["failing"], status["n_faults"]) == (True, 1)
    assert "ValueError at line 3: too bright" in status["last_fault"]["reason"]
    [told] = [f for f in filter_passes(led, SCANNER)["filters"] if f["filter_id"] == str(number)]
    assert (told["failing"], told["n_passed"]) == (True, 1)
    version = _propose(led, GOOD)["newest_version"]
    activate_filter(led, LEADER, number, version, "mended")
    assert _passed(led, number) == ["ZTF26a", "ZTF26b", "ZTF26c"]
    assert filter_status(led, SCANNER, number)["failing"] is False
    _arrive(led, tmp_path, 102, "ZTF26d")
    assert _passed(led, number)[-1] == "ZTF26d"


def test_a_failing_version_may_be_tried_again(led: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = _live(led, GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(functions, "_LIMITS", functions._Limits(seconds=0.0))
        _arrive(led, tmp_path)
    assert filter_status(led, SCANNER, number)["failing"] is True
    activate_filter(led, LEADER, number, 1, "the machine was busy")
    assert _passed(led, number) == ["ZTF26new"]


def test_an_interrupted_service_goes_on_where_it_stopped(built_house: Path, tmp_path: Path) -> None:
    data_dir = Path(copytree(built_house, tmp_path / "house"))
    with open_database(data_dir) as db:
        change_group(db, ADMINISTRATOR, "transients", {"admins": ["leader"]})
        number = _live(db, GOOD)
        _arrive(db, tmp_path, 99, "ZTF26a")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("skyhub.ingest._pipeline.run_functions", lambda db: 0)
            _arrive(db, tmp_path, 100, "ZTF26b")
        assert _passed(db, number) == ["ZTF26a"]
    with open_database(data_dir) as db:
        _arrive(db, tmp_path, 100, "ZTF26b")  # a duplicate
        assert _passed(db, number) == ["ZTF26a", "ZTF26b"]


ATTACKS = {
    "reads a file": "open('/etc/passwd').read()",
    "reads a file through pandas": "pd.read_csv('/etc/passwd')",
    "reads a file through numpy": "np.fromfile('/etc/passwd')",
    "reads the database": "open('{data_dir}/skyhub.duckdb', 'rb').read(10)",
    "writes a file": "open('/tmp/skyhub-stolen', 'w').write('x')",
    "lists a directory": "__import__('os').listdir('/')",
    "asks for a file's size": "__import__('os').stat('/etc/passwd')",
    "reads the environment of the service": "open('/proc/{pid}/environ').read()",
    "reads its memory": "open('/proc/{pid}/mem', 'rb')",
    "opens a socket": "__import__('socket').socket()",
    "opens a page": "__import__('urllib.request').request.urlopen('http://127.0.0.1:1/')",
    "runs a program": "__import__('subprocess').run(['/bin/true'])",
    "calls the shell": "1 / (__import__('os').system('true') == 0)",
    "forks": "__import__('os').fork()",
    "starts a thread": "__import__('threading').Thread(target=print).start()",
    "kills the service": "__import__('os').kill({pid}, 9)",
    "kills it with a queued signal": "1 / (LIBC.syscall(129, {pid}, 9, b'x' * 128) == 0)",
    "kills its thread": "1 / (LIBC.syscall(234, {pid}, {pid}, 9) == 0)",
    "takes its file limit": "1 / (LIBC.syscall(302, {pid}, 7, b'0' * 16, None) == 0)",
    "traces it": "1 / (LIBC.ptrace(16, {pid}, 0, 0) == 0)",
    "opens a file by number": "1 / (LIBC.syscall(257, -100, b'/etc/passwd', 0) >= 0)",
    "shares memory": "1 / (LIBC.shmget(1, 4096, 0o1600) >= 0)",
    "has signals sent": "__import__('fcntl').fcntl(3, __import__('fcntl').F_SETOWN, {pid})",
    "takes much memory": "bytearray(2**31)",
    "takes much memory bit by bit": "[np.ones(2**22) for n in range(1000)]",
    "recurses": "(lambda f: f(f))(lambda f: f(f))",
    "raises": "(_ for _ in ()).throw(SystemExit(0))",
    "ends": "__import__('os')._exit(0)",
    "crashes": "LIBC.memset(1, 0, 10)",
    "loops": "[None for _ in iter(int, 1)]",
    "sleeps": "__import__('time').sleep(100)",
    "answers for itself": "[__import__('os').write(n, b'\\0\\0\\0\\x02' + b'\\0' * 8 + b'[]') for n in range(3, 20)]",
    "answers at length": "[__import__('os').write(n, b'\\xff' * 12) for n in range(3, 20)]",
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_a_function_can_only_compute(quiet: Database, name: str) -> None:
    text = ATTACKS[name].format(pid=os.getpid(), data_dir=quiet.data_dir)
    body = f"LIBC = __import__('ctypes').CDLL(None)\n{text}\nreturn alerts['drb'] > 2"
    alerts = quiet.reader.query(ADMINISTRATOR, "SELECT * FROM @alerts")
    attack = Filter(0, 0, "attack", None, "ZTF", _function(body), language="python")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functions, "_LIMITS", functions._Limits(seconds=2.0))
        with pytest.raises(InvalidInput, match="filter 'attack' failed") as told:
            judge(quiet, attack, alerts)
    assert not re.search("NameError|SyntaxError|AttributeError|KeyError", told.value.message)
    assert not Path("/tmp/skyhub-stolen").exists()
    good = Filter(0, 0, "good", None, "ZTF", GOOD, language="python")
    assert judge(quiet, good, alerts).passed.sum() == 4


def test_a_function_has_no_token_and_no_environment(quiet: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret-of-the-service")
    source = _function(
        """
        import json
        told = json.dumps([dict(__import__('os').environ), __import__('sys').argv])
        raise ValueError(told)
        """
    )
    with pytest.raises(InvalidInput) as told:
        _propose(quiet, source, ADMINISTRATOR)
    assert "ValueError at line 4: [{}, [" in told.value.message
    assert "secret" not in told.value.message


def test_nothing_of_one_batch_is_left_for_the_next(quiet: Database) -> None:
    body = "import math\nseen = hasattr(math, 'seen')\nmath.seen = True\nreturn [seen] * len(alerts)"
    alerts = quiet.reader.query(ADMINISTRATOR, "SELECT * FROM @alerts")
    version = Filter(0, 0, "keeps", None, "ZTF", _function(body), language="python")
    assert not any(judge(quiet, version, alerts).passed.any() for _ in range(3))


PAIRS = {
    "drb > 0.9": "return alerts['drb'] > 0.9",
    "coalesce(drb, rb) >= 0.65 AND positive": "return (alerts['drb'].fillna(alerts['rb']) >= 0.65) & alerts['positive']",
    "mag < 19 AND age < 30": "return (alerts['mag'] < 19) & (alerts['age'] < 30)",
    "sso_distance IS NULL OR sso_distance > 5": "return alerts['sso_distance'].isna() | (alerts['sso_distance'] > 5)",
    "n_detections >= 2 AND filter = 'ztfr'": "return (alerts['n_detections'] >= 2) & (alerts['filter'] == 'ztfr')",
    "sso_name LIKE 'A%'": "return alerts['sso_name'].str.startswith('A')",
    "dayobs >= DATE '2019-01-01'": "import datetime\nreturn alerts['dayobs'] >= datetime.date(2019, 1, 1)",
    "abs(dec) > 20": "return alerts['dec'].abs() > 20",
}  # fmt: skip


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, empty_house: Path, ztf: Path) -> Iterator[Database]:
    with open_database(Path(copytree(empty_house, tmp_path_factory.mktemp("real") / "data"))) as db:
        ingest(db, ztf)
        yield db


@pytest.mark.parametrize("condition", PAIRS)
def test_conditions_and_functions_agree_on_real_alerts(real: Database, condition: str) -> None:
    alerts = real.reader.query(ADMINISTRATOR, "SELECT * FROM @alerts ORDER BY candid")
    sql = judge(real, Filter(0, 0, "sql", None, "ZTF", condition), alerts)
    python = judge(real, Filter(0, 0, "python", None, "ZTF", _function(PAIRS[condition]), language="python"), alerts)
    assert len(alerts) > 300
    assert 0 < sql.passed.sum() < len(alerts) or condition.startswith("sso_name")
    np.testing.assert_array_equal(sql.passed, python.passed)


def test_the_function_of_the_documentation(real: Database) -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-to" / "filters.md").read_text()
    [source] = [part.split("```")[0] for part in text.split("guard=0.01)\n")[1:]]
    alerts = real.reader.query(ADMINISTRATOR, "SELECT * FROM @alerts WHERE survey = 'ZTF' ORDER BY candid")
    found = judge(real, Filter(0, 0, "Rising", None, "ZTF", source, language="python"), alerts)
    assert 0 < found.passed.sum() < len(alerts)
    assert all(row["rise"] > 0.5 for row in found.annotations)


def test_a_function_of_a_notebook(sky: Sky) -> None:
    @sky.filter("from a notebook", group="transients", guard=1.0)
    def notebook(alerts: Any) -> Any:
        return alerts["drb"] > 0.5

    told = sky.filters.get("from a notebook")
    assert told["versions"][0]["expression"] == 'def notebook(alerts: Any) -> Any:\n    return alerts["drb"] > 0.5\n'


@pytest.mark.parametrize("function", [len, lambda alerts: alerts["drb"] > 0.5, "x".join])
def test_what_has_no_source_is_refused_by_the_client(sky: Sky, function: Any) -> None:
    with pytest.raises(InvalidInput, match=r"cannot be found|is no function that is written with def"):
        sky.filters.add("x", function, "transients")


def test_before_there_are_alerts_a_function_is_read_alone(db: Database) -> None:
    told = propose_filter(db, ADMINISTRATOR, "early", NOTING, None, language="python")
    assert dry_run(db, ADMINISTRATOR, filter_id=int(told["filter_id"]))["n_alerts"] == 0


def test_why_a_function_failed_is_told_to_those_who_may_see_its_alerts(led: Database, tmp_path: Path) -> None:
    """The reason may tell of any alert of the batch."""
    source = _function(
        "if (alerts['mag'] < 18).any():\n    raise ValueError(alerts['object_id'].iloc[0])\nreturn alerts['drb'] > 0"
    )
    number = _live(led, source)
    _arrive(led, tmp_path, programid=3, magpsf=17.0)
    caltech = Viewer("one", frozenset({"transients"}), frozenset({"ztf-caltech"}))
    assert "ZTF26new" in filter_status(led, caltech, number)["last_fault"]["reason"]
    for viewer in (READER, SCANNER):
        status = filter_status(led, viewer, number)
        assert (status["failing"], status["n_faults"], status["last_fault"]) == (True, 0, None)
    for stranger in (OTHER, VISITOR):
        with pytest.raises(NotFound):
            filter_status(led, stranger, number)
        assert str(number) not in {row["filter_id"] for row in filter_passes(led, stranger)["filters"]}
    assert "ZTF26new" not in str(audit(led, SCANNER, table="filters"))
    before = datetime.now(UTC)
    activate_filter(led, LEADER, number, _propose(led, GOOD)["newest_version"], "mended")
    assert filter_status(led, READER, number)["failing"] is False
    assert filter_status(led, READER, number, before)["failing"] is True


MATRIX = {
    # read, dry run, propose, try, activate (which is against the guard), deactivate
    READER: (200, 200, 403, 403, 403, 403),
    SCANNER: (200, 200, 200, 200, 403, 403),
    LEADER: (200, 200, 200, 200, 200, 200),
    ADMINISTRATOR: (200, 200, 200, 200, 200, 200),
    OTHER: (404, 404, 403, 404, 404, 404),
    VISITOR: (404, 404, 403, 403, 403, 403),
}


@pytest.mark.parametrize("viewer", MATRIX, ids=[viewer.name for viewer in MATRIX])
def test_who_may_do_what_with_a_function(served: Served, viewer: Viewer) -> None:
    db = served.db
    change_group(db, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    told = propose_filter(db, LEADER, "function", GOOD, "transients", language="python", guard=0.04)
    path = f"/api/filters/{told['filter_id']}"
    proposal = {
        "name": "function",
        "expression": GOOD + "\n",
        "language": "python",
        "group": "transients",
        "guard": 0.04,
    }
    headers = {"Authorization": f"Bearer {served.token_of(viewer)}"}
    with httpx.Client(base_url=served.url, headers=headers, trust_env=False, timeout=30) as client:
        answers = [
            client.get(f"{path}/status"),
            client.post("/api/filters/dry-run", json={"filter_id": told["filter_id"]}),
            client.post("/api/filters", json=proposal),
            client.post(f"{path}/trials", json={"version": 1}),
            client.put(f"{path}/live", json={"version": 1, "reason": "for this test"}),
            client.put(f"{path}/live", json={"version": None}),
        ]
    assert tuple(answer.status_code for answer in answers) == MATRIX[viewer]


def test_from_the_command_line(house_dir: Path, tmp_path: Path) -> None:
    at = ("--data-dir", str(house_dir))
    (tmp_path / "good.py").write_text(GOOD)
    refused = run_skyhub("filter", "add", "x", "drb > 0.5", "--annotation", "mag", "--json", *at)
    assert (refused.status, "KEY=EXPRESSION" in refused.stdout) == (2, True)
    told = skyhub(
        "filter", "add", "x", str(tmp_path / "good.py"), "--group", "transients", "--autosave", "transients", *at
    )
    assert (told["language"], told["autosave"]) == ("python", ["transients"])
    assert skyhub("filter", "passes", *at)["dayobs"] == "2026-11-21"
