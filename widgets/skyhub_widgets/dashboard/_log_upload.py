"""Bringing in the log of a telescope: executed observations from a file, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._fields import dropdown, several
from skyhub_widgets.dashboard._view import Page, alert, button, note, row, stack

__all__ = ["LogUpload"]

_COLUMNS = (
    "Columns: a field or ra and dec; mjd, jd or time (ISO, UTC); filter; if known exptime, seeing, limmag. CSV, ECSV, JSON, "
    "Parquet, FITS or VOTable."
)


class LogUpload:
    """A file, the instrument that observed, who shall see it: ``box``.

    Parameters
    ----------
    page
        The page that it is on.
    stored
        Called when observations were stored.
    """

    def __init__(self, page: Page, stored: Callable[[], object]) -> None:
        self._page, self._stored = page, stored
        self._file = widgets.FileUpload(multiple=False, description="Log", icon="")
        names = sorted((one["name"] for one in page.sky.instruments.rows()), key=str.casefold)
        self._instrument = dropdown("Observed with", [(name, name) for name in names])
        self._groups = several("Seen by", [(name, name) for name in page.me["groups"]])
        self._said = widgets.HTML(note(_COLUMNS))
        controls = row(self._file, self._instrument, self._groups, button("Store this log", self._store))
        self.box = stack(controls, self._said)

    def _store(self) -> None:
        if not self._file.value:
            self._said.value = alert("There is no file: choose a log first.")
            return
        given = self._file.value[0]
        try:
            with TemporaryDirectory() as folder:
                path = Path(folder) / Path(given["name"]).name
                path.write_bytes(bytes(given["content"]))
                done = self._page.sky.observations.add(path, self._instrument.value, list(self._groups.value) or None)
        except SkyhubError as error:
            where = f"{error.where}: " if error.where.startswith("row ") else ""
            self._said.value = alert(f"Nothing was stored. {where}{error.message}")
            return
        self._file.value = ()
        self._said.value = note(
            f"{done['read']} observations were read: {done['stored']} stored, {done['revised']} revised, "
            f"{done['duplicates']} there already."
        )
        self._stored()
