"""Addresses of the dashboard's views, for what is read outside it, such as reports."""

from __future__ import annotations

import os

from skyhub.resources import DASHBOARD

__all__ = ["view_link"]


def view_link(view: str, *fields: str) -> str:
    """The address of a view on the reader's own server, with a ``{field}`` for each named field of a record.

    Examples
    --------
    >>> view_link("source", "object_id")
    '/hub/user-redirect/voila/render/dashboards/skyhub.ipynb?view=source&object_id={object_id}'
    """
    base = os.environ.get("JUPYTERHUB_BASE_URL", "/").rstrip("/")
    asked = "".join(f"&{field}={{{field}}}" for field in fields)
    return f"{base}/hub/user-redirect{DASHBOARD}?view={view}{asked}"
