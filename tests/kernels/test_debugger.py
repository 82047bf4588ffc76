"""The debugger of JupyterLab speaks to a forked kernel over the control channel."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.kernels.conftest import StartKernel, connect

pytestmark = pytest.mark.usefixtures("full_zygote")

CELL = "total = 0\nfor step in range(3):\n    total += step\nprint(total)\n"


class Debugger:
    """A little of what JupyterLab does."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.sequence = count(1)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        content = {"type": "request", "seq": next(self.sequence), "command": command, "arguments": arguments}
        message = self.client.session.msg("debug_request", content)
        self.client.control_channel.send(message)
        reply = self.client._recv_reply(message["header"]["msg_id"], timeout=30, channel="control")
        return dict(reply["content"])

    def await_event(self, name: str) -> dict[str, Any]:
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "debug_event" and message["content"]["event"] == name:
                return dict(message["content"])


@pytest.mark.parametrize("kernel_name", ["skyhub", pytest.param("python3", marks=pytest.mark.slow)])
def test_breakpoint_stops_a_cell(start_kernel: StartKernel, kernel_name: str) -> None:
    client = connect(start_kernel(kernel_name))
    debugger = Debugger(client)
    assert debugger.ask("debugInfo")["body"]["isStarted"] is False
    initialised = debugger.ask(
        "initialize",
        clientID="test", clientName="test", adapterID="", pathFormat="path", linesStartAt1=True, columnsStartAt1=True,
    )  # fmt: skip
    assert initialised["success"]
    assert debugger.ask("attach")["success"]
    source = debugger.ask("dumpCell", code=CELL)["body"]["sourcePath"]
    placed = debugger.ask("setBreakpoints", breakpoints=[{"line": 3}], source={"path": source}, sourceModified=False)
    assert placed["body"]["breakpoints"][0]["verified"]
    assert debugger.ask("configurationDone")["success"]
    client.execute(CELL)
    thread = debugger.await_event("stopped")["body"]["threadId"]
    frame = debugger.ask("stackTrace", threadId=thread)["body"]["stackFrames"][0]
    assert frame["line"] == 3
    assert debugger.ask("disconnect", restart=False, terminateDebuggee=False)["success"]
    client.stop_channels()
