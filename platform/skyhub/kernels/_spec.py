"""The kernelspec ``skyhub``, beside the plain ``python3``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

KERNEL_NAME: Final = "skyhub"


def kernelspec() -> dict[str, Any]:
    """The content of ``kernel.json``; a launcher that knows no provisioners starts a plain kernel with it."""
    return {
        "argv": [
            *(sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        ],
        "display_name": "skyhub",
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {
            "debugger": True,
            "supported_encryption": ["curve"],
            "kernel_provisioner": {"provisioner_name": "skyhub-zygote"},
        },
        "kernel_protocol_version": "5.5",
    }


def install_kernelspec(prefix: Path | None = None) -> Path:
    """Write ``share/jupyter/kernels/skyhub/kernel.json`` below `prefix` (default: this environment); its path."""
    folder = Path(prefix or sys.prefix) / "share" / "jupyter" / "kernels" / KERNEL_NAME
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "kernel.json"
    fresh = folder / "kernel.json.new"
    fresh.write_text(json.dumps(kernelspec(), indent=1) + "\n", encoding="utf-8")
    fresh.replace(target)
    return target
