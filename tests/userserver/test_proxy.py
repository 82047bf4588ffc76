"""Documents of the data service: whose token, which paths, and what is said when it fails."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.userserver.conftest import STATIC, Server, Upstream, start_server

IMAGE = "skyhub/api/alerts/1127174604415015005/cutouts/science.png"


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose data service does not run."""
    if not STATIC.exists():
        pytest.skip("the front end has not been built: run `make install`")
    running = start_server(tmp_path_factory.mktemp("cut_off"), Upstream("http://127.0.0.1:9/data"))
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.mark.parametrize("path", ["skyhub/api/reports/night-1/html", IMAGE, "skyhub/docs"])
@pytest.mark.parametrize("token", [None, "wrong"])
def test_strangers_get_nothing_and_nothing_is_asked(
    server: Server, upstream: Upstream, path: str, token: str | None
) -> None:
    before = len(upstream.seen)
    answer = server.get(path, token=token)
    assert answer.status_code in {302, 403}
    assert len(upstream.seen) == before


@pytest.mark.parametrize(
    "path",
    [
        "skyhub/api/reports/../../admin/html",
        "skyhub/api/reports/..%2f..%2fadmin/html",
        "skyhub/api/reports/%2e%2e/html",
        "skyhub/api/reports/a%2fb/html",
        "skyhub/api/reports/night-1/html/../../../users",
        "skyhub/api/users",
        "skyhub/api/alerts/1/cutouts/secret.png",
        "skyhub/api/alerts/x/cutouts/science.png",
        "skyhub/api/alerts/1/cutouts/science.py",
        "skyhub/api/plans/7/export",
        "skyhub/api/plans/7/export?format=csv",
        "skyhub/api/plans/7/export/csv&as_of=x",
        "skyhub/api/plans/7/observations",
        "skyhub/api/localizations/3/observed/secret.fits",
        "skyhub/api/localizations/3/map",
        "skyhub/http://127.0.0.1:9",
    ],
)
def test_other_paths_do_not_pass(server: Server, upstream: Upstream, path: str) -> None:
    before = len(upstream.seen)
    assert server.get(path).status_code == 404
    assert len(upstream.seen) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_reading_passes(server: Server, upstream: Upstream, method: str) -> None:
    before = len(upstream.seen)
    answer = httpx.request(method, server.url + IMAGE, headers={"Authorization": f"token {server.token}"})
    assert answer.status_code in {403, 405}
    assert len(upstream.seen) == before


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [("hidden", 404, "Not found"), ("moved", 502, "failed"), ("broken", 502, "failed"), ("absent", 404, "Not found")],
)
def test_failures_are_told_without_details(server: Server, name: str, status: int, said: str) -> None:
    answer = server.get(f"skyhub/api/reports/{name}/html")
    assert answer.status_code == status
    assert said in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["skyhub/api/reports/night-1/html", "skyhub/docs", IMAGE])
def test_data_service_that_is_down_is_said_to_be(cut_off: Server, path: str) -> None:
    answer = cut_off.get(path)
    assert answer.status_code == 503
    assert "data service does not answer" in answer.text


def test_report_is_sealed(server: Server, upstream: Upstream) -> None:
    answer = server.get("skyhub/api/reports/night-1/html")
    assert answer.text == "<script>1</script><p>report</p>"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert upstream.seen[-1] == ("/data/api/reports/night-1/html", "token the-users-token")


def test_notebook_of_a_report_is_a_download(server: Server) -> None:
    answer = server.get("skyhub/api/reports/night-1/notebook")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="report-night-1.ipynb"'
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize(
    ("path", "name", "content"),
    [("plans/7/export/csv", "plan-7.csv", b"field_id\n1\n"),
     ("localizations/3/observed/depth.fits", "depth.fits", b"SIMPLE")],
)  # fmt: skip
def test_files_of_plans_and_maps_are_downloads(server: Server, path: str, name: str, content: bytes) -> None:
    answer = server.get(f"skyhub/api/{path}")
    assert answer.content == content
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_cutout_arrives_whole(server: Server, encoding: str) -> None:
    answer = server.get(IMAGE, headers={"Accept-Encoding": encoding})
    assert answer.headers.get("Content-Encoding", "identity") == encoding
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content == b"\x89PNG" * 70000
    assert "upstream" not in answer.headers.get("Set-Cookie", "")


def test_description_of_the_interface_passes(server: Server) -> None:
    assert "<title>API</title>" in server.get("skyhub/docs").text
    assert server.get("skyhub/openapi.json").json() == {}
