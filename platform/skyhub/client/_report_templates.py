"""The templates of reports that groups keep, through the client."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.errors import NotFound

__all__ = ["GroupTemplates"]

_PATH = "/api/report-templates"


class GroupTemplates:
    """Reports of one's groups: forked from those that come with skyhub, or written anew.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.report_templates.fork("night_summary", "transients", "our_night")                   # doctest: +SKIP
    >>> sky.report_templates.upload("transients", "our_night", "our_night.ipynb")               # doctest: +SKIP
    >>> report_id = sky.report_templates.dry_run("transients/our_night", 2)                     # doctest: +SKIP
    >>> sky.report_templates.activate("transients/our_night", 2)                                # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """All templates of one's groups: their versions, dry runs and states, and whether what they follow has changed."""
        rows: list[dict[str, Any]] = self._transport.get(_PATH, as_of=iso_time(as_of))["templates"]
        return rows

    def get(self, name: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """One template, by ``GROUP/NAME``. Raises `NotFound` if none of one's groups has it."""
        known = {template["name"]: template for template in self(as_of=as_of)}
        if name not in known:
            raise NotFound(f"there is no template {name!r}: {', '.join(known) or 'none'} are there.", name)
        return known[name]

    def source(self, name: str, version: int, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """The ``notebook`` (JSON, as text) and the ``sidecar`` (YAML) of a version."""
        document: dict[str, Any] = self._transport.get(self._version(name, version, as_of), as_of=iso_time(as_of))
        return document

    def differences(
        self, name: str, version: int, against: str = "original", *, as_of: datetime | str | None = None
    ) -> dict[str, Any]:
        """How a version differs, cell by cell, from the ``original`` of the fork, that as it is ``shipped`` now, or a version."""
        path = f"{self._version(name, version, as_of)}/differences"
        document: dict[str, Any] = self._transport.get(path, against=against, as_of=iso_time(as_of))
        return document

    def fork(self, shipped: str, group: str, name: str) -> dict[str, Any]:
        """Make a report that comes with skyhub the first version of a group's own."""
        return self._post(_PATH, {"group": group, "name": name, "fork": shipped})

    def upload(
        self,
        group: str,
        name: str,
        notebook: str | Path,
        sidecar: str | Path | None = None,
        *,
        follows_shipped: bool = False,
    ) -> dict[str, Any]:
        """Store a report of a group, or a new version of one.

        Parameters
        ----------
        group, name
            Whose report it is, and its name.
        notebook, sidecar
            Files, the notebook's without outputs; the sidecar is by default that beside the notebook (``.yaml``).
        follows_shipped
            Of a fork: it takes over what the report that it was forked from has become.
        """
        beside = Path(notebook).with_suffix(".yaml") if sidecar is None else Path(sidecar)
        texts = {"notebook": Path(notebook).read_text("utf-8"), "sidecar": beside.read_text("utf-8")}
        return self.store(group, name, **texts, follows_shipped=follows_shipped)

    def store(
        self, group: str, name: str, notebook: str, sidecar: str, *, follows_shipped: bool = False
    ) -> dict[str, Any]:
        """Like `upload`, of texts: the notebook's JSON and the sidecar's YAML."""
        texts = {"notebook": notebook, "sidecar": sidecar, "follows_shipped": follows_shipped}
        return self._post(_PATH, {"group": group, "name": name, **texts})

    def dry_run(self, name: str, version: int, **parameters: Any) -> str:
        """Ask for a dry run of a version, with one's own rights; returns the identifier of the run."""
        return str(self._post(f"{self._version(name, version)}/dry-runs", {"parameters": parameters})["report_id"])

    def activate(self, name: str, version: int, reason: str | None = None) -> dict[str, Any]:
        """Take a version into force that has a dry run which succeeded; for those who administer its group."""
        return self._post(f"{self._of(name)}/activations", {"version": version, "reason": reason})

    def deactivate(self, name: str, reason: str | None = None) -> dict[str, Any]:
        """Take a report out of force; for those who administer its group."""
        return self._post(f"{self._of(name)}/deactivations", {"reason": reason})

    def _of(self, name: str, as_of: datetime | str | None = None) -> str:
        return f"{_PATH}/{path_part(self.get(name, as_of=as_of)['report_template_id'])}"

    def _version(self, name: str, version: int, as_of: datetime | str | None = None) -> str:
        return f"{self._of(name, as_of)}/versions/{version}"

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = self._transport.post(path, body)
        return document
