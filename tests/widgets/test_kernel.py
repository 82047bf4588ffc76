"""In a real kernel: what worker threads and the event stream bring is sent from the kernel's main thread."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

SETUP = f"""
import sys, threading
sys.path.insert(0, {str(Path(__file__).parent)!r})
from widget_support import MemorySource, card
from skyhub_widgets import CandidateScanner

class Watched(CandidateScanner):
    def _post(self, message):
        super()._post({{**message, "thread": threading.current_thread() is threading.main_thread()}})

source = MemorySource([card(n) for n in range(1, 10)])
scanner = Watched(source, user="ana")
print(scanner.comm.comm_id)
"""
EVENT = {"kind": "decision", "candidate_id": "3", "object_id": "ZTF26aa00003", "user": "ben"}


@pytest.fixture
def kernel() -> Iterator[BlockingKernelClient]:
    manager = KernelManager()
    manager.kernel_spec.argv[0] = sys.executable  # type: ignore[union-attr]
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(kernel: BlockingKernelClient, code: str) -> str:
    texts: list[str] = []
    reply = kernel.execute_interactive(
        code, timeout=120, output_hook=lambda m: texts.append(m["content"].get("text", "")), allow_stdin=False
    )
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(texts).strip()


def posted(kernel: BlockingKernelClient, kind: str) -> dict[str, Any]:
    while True:
        message = kernel.get_iopub_msg(timeout=60)
        content = message["content"].get("data", {}).get("content", {})
        if message["msg_type"] == "comm_msg" and content.get("type") == kind:
            return dict(content)


def say(kernel: BlockingKernelClient, comm_id: str, **content: Any) -> None:
    data = {"method": "custom", "content": content}
    kernel.shell_channel.send(kernel.session.msg("comm_msg", {"comm_id": comm_id, "data": data}))


def test_messages_leave_from_the_main_thread(kernel: BlockingKernelClient) -> None:
    comm_id = run(kernel, SETUP)
    say(kernel, comm_id, type="need", ids=["8"])
    cards = posted(kernel, "cards")
    assert cards["cards"][0]["candidate_id"] == "8"
    say(kernel, comm_id, type="decide", key="k", candidate_id="8", verdict="save")
    assert posted(kernel, "accepted")["key"] == "k"
    told = [posted(kernel, kind) for kind in ("event", "decided")]
    assert [message["thread"] for message in [cards, *told]] == [True, True, True]
    kernel.execute(f"threading.Thread(target=source.publish, args=[{EVENT}]).start()")
    event = posted(kernel, "event")
    assert (event["event"]["user"], event["thread"]) == ("ben", True)
