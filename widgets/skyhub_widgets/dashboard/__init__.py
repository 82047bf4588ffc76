"""The dashboard: one page, one kernel, several views."""

from __future__ import annotations

from skyhub_widgets.dashboard._page import Dashboard

__all__ = ["Dashboard"]
