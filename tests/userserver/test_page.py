"""Pages as the server sends them: failures first, then what a browser is given."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import httpx
import pytest

from tests.userserver.conftest import WIDGETS_CELL, Server, Upstream, start_server, wait_until


def add_kernelspec(server: Server, name: str, argv: list[str]) -> None:
    folder = server.root.parent / "jupyter_data_dir" / "kernels" / name
    folder.mkdir(parents=True)
    spec = {"argv": argv, "display_name": name, "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))


@pytest.mark.parametrize("token", [None, "wrong"])
def test_strangers_start_no_kernel(server: Server, token: str | None) -> None:
    path = server.write("closed", "print('secret')")
    before = server.kernels()
    answer = server.get(path, token=token)
    assert answer.status_code in {302, 403}
    assert "secret" not in answer.text
    assert server.kernels() == before


def test_missing_notebook_is_not_found(server: Server) -> None:
    assert server.get("voila/render/absent.ipynb").status_code == 404


@pytest.mark.parametrize(("name", "argv"), [("dies", ["false"]), ("missing", ["/no/such/python", "{connection_file}"])])
def test_kernel_that_cannot_start_is_told_and_left_nowhere(server: Server, name: str, argv: list[str]) -> None:
    add_kernelspec(server, name, argv)
    path = server.write(f"with-{name}", "1", kernel=name)
    before = server.kernels()
    answer = server.get(path)
    assert answer.text.rstrip().endswith("</html>")
    assert "This page could not start." in answer.text
    assert "skyhub-page" not in answer.text
    assert server.kernels() == before


def test_error_in_a_cell_is_readable_and_ends_the_page_there(server: Server) -> None:
    text = server.get(server.write("error", "print('above')", "raise ValueError('<b>bad</b>')", "print('below')")).text
    assert "above" in text
    assert "<strong>ValueError</strong> &lt;b&gt;bad&lt;/b&gt;" in text
    assert "\x1b" not in text
    assert "below" not in re.sub(r"The cells below this one", "", text)


def test_title_cannot_break_out(server: Server) -> None:
    text = server.get(server.write("title", "1", title='</title><script>alert("x")</script>')).text
    assert '<script>alert("x")' not in text


def test_page_names_no_other_machine_and_shows_no_source(server: Server) -> None:
    text = server.get(server.write("plain", "# Heading", "hidden_name = 1; print('shown')", WIDGETS_CELL)).text
    assert not re.findall(r"""(?:https?:)?//[^\s"'<>]+""", re.sub(r"data:[^\"]*", "", text))
    assert "shown" in text
    assert "hidden_name" not in text
    assert '<html lang="en"' in text
    assert "width=device-width" in text
    assert "<noscript>" in text
    assert text.count("application/vnd.jupyter.widget-view+json") == 3


def test_policy_keeps_requests_on_the_hub(server: Server) -> None:
    policy = server.get(server.write("policy", "1")).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert not re.findall(r"https?://", policy)


def test_kernel_knows_the_request_and_the_services_address(server: Server) -> None:
    cell = "import os; print(os.environ['QUERY_STRING'], os.environ['SKYHUB_TOKEN'], os.environ['VOILA_REQUEST_URL'])"
    text = server.get(server.write("request", cell) + "?view=scan&x=1").text
    assert "view=scan&amp;x=1 the-users-token" in text


def test_head_is_sent_before_the_cells_have_run(server: Server) -> None:
    path = server.write("slow", "import time; time.sleep(3); print('done')")
    start = time.monotonic()
    with httpx.stream(
        "GET", server.url + path, headers={"Authorization": f"token {server.token}"}, timeout=30
    ) as answer:
        pieces = [(time.monotonic() - start, piece) for piece in answer.iter_text()]
    assert "skyhub-loading" in pieces[0][1]
    assert pieces[-1][0] - pieces[0][0] > 2.5


def test_other_notebooks_keep_the_lab_template_without_a_cdn(server: Server) -> None:
    for template in ("lab", "skyhub-lab"):
        text = server.get(server.write(f"with-{template}", "print('shown')", template=template)).text
        assert "shown" in text
        assert "voila.js" in text
        assert "skyhub-cells" not in text
    assert "jsdelivr" not in text


def test_template_in_the_address_is_ignored(server: Server) -> None:
    assert "skyhub-cells" in server.get(server.write("forced", "1") + "?template=lab").text


def test_kernel_ends_when_the_browser_leaves_before_the_page_is_complete(server: Server) -> None:
    path = server.write("left", "import time; time.sleep(60)")
    before = set(server.kernels())
    with httpx.stream(
        "GET", server.url + path, headers={"Authorization": f"token {server.token}"}, timeout=30
    ) as answer:
        next(answer.iter_text())
        assert wait_until(lambda: set(server.kernels()) - before)
    assert wait_until(lambda: not set(server.kernels()) - before, 30)


def test_kernel_lives_as_long_as_its_page_is_being_made(server: Server) -> None:
    """Longer than the 4 s that the fixture's server waits for a browser."""
    path = server.write("long", "import time; time.sleep(6); print('made', 6 * 7)")
    assert "made 42" in server.get(path).text


def test_a_server_ends_though_a_page_is_not_complete(tmp_path: Path, upstream: Upstream) -> None:
    server = start_server(tmp_path, upstream)
    path = server.write("slow", "import time; time.sleep(600)")
    with httpx.stream(
        "GET", server.url + path, headers={"Authorization": f"token {server.token}"}, timeout=30
    ) as answer:
        next(answer.iter_text())
        assert wait_until(server.kernels)
        server.process.terminate()
        server.process.wait(30)


def test_kernel_of_an_abandoned_page_is_ended_though_it_is_active(server: Server) -> None:
    """The fixture's server waits 4 s; the comm messages of a closed page's kernel do not prolong its life."""
    chatter = "import threading, time, ipywidgets as w; s = w.IntSlider(max=10**6)\n"
    chatter += "def run():\n    while True:\n        s.value += 1\n        time.sleep(0.2)\n"
    chatter += "threading.Thread(target=run, daemon=True).start(); s"
    before = set(server.kernels())
    server.get(server.write("abandoned", chatter))
    assert set(server.kernels()) - before
    assert wait_until(lambda: not set(server.kernels()) - before, 30)


@pytest.mark.slow
def test_notebook_kernels_are_not_taken_for_pages(server: Server) -> None:
    headers = {"Authorization": f"token {server.token}"}
    kernel = httpx.post(server.url + "api/kernels", headers=headers, json={"name": "python3"}).json()["id"]
    time.sleep(6)
    assert kernel in server.kernels()
    httpx.delete(f"{server.url}api/kernels/{kernel}", headers=headers)
