"""The image of an object in the first deep survey that has its place; kept for sources."""

from __future__ import annotations

import base64
import hashlib
import threading
from pathlib import Path
from typing import Any

from skyhub.adapters.images import HipsImages, Survey
from skyhub.candidates import saved_documents
from skyhub.config import ImageService, load_settings
from skyhub.db import Database, Viewer
from skyhub.objects import position_of
from skyhub.records import require_objects

__all__ = ["SurveyDesk", "survey_image"]

_FOLDER = "images"
_NOT_COVERED = "no survey that is asked has this place."


class SurveyDesk:
    """The service that the settings name, asked when an image is wanted first; one for each database.

    Parameters
    ----------
    db
        With whose end the connections are closed, and beside which images are kept.
    """

    def __init__(self, db: Database) -> None:
        self.settings: ImageService | None = load_settings().images
        self._folder = db.data_dir / _FOLDER
        self._service: HipsImages | None = None
        self._lock = threading.Lock()
        db.resources.callback(self.close)

    def image(
        self, ra: float, dec: float, *, keep: bool, width_arcsec: float | None = None
    ) -> tuple[Survey, bytes] | None:
        """The image of a position (ICRS, deg) in the first survey that has it; None if none has.

        Parameters
        ----------
        ra, dec
            The position.
        keep
            Whether it is kept, for the next one who asks.
        width_arcsec
            How wide (arcsec); by default as the settings say.
        """
        service = self._opened()
        assert self.settings is not None
        width = width_arcsec or self.settings.width_arcsec
        for survey in service.surveys:
            path = self._path(survey, ra, dec, width)
            found = path.read_bytes() if path.exists() else service.image(survey, ra, dec, width) or b""
            if keep and not path.exists():
                self._keep(path, found)
            if found:
                return survey, found
        return None

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._service is not None:
                self._service.close()
                self._service = None

    def _opened(self) -> HipsImages:
        assert self.settings is not None
        with self._lock:
            if self._service is None:
                self._service = HipsImages(self.settings)
            return self._service

    def _path(self, survey: Survey, ra: float, dec: float, width_arcsec: float) -> Path:
        assert self.settings is not None
        asked = f"{survey.hips} {ra:.6f} {dec:.6f} {width_arcsec} {self.settings.pixels}"
        return self._folder / f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}.jpg"

    def _keep(self, path: Path, content: bytes) -> None:
        """Where a survey has nothing, an empty file says so."""
        path.parent.mkdir(exist_ok=True, mode=0o700)
        part = path.with_suffix(f".{threading.get_ident()}")
        part.write_bytes(content)
        part.replace(path)


def survey_image(db: Database, viewer: Viewer, object_id: str) -> dict[str, Any]:
    """The surroundings of an object in a deep survey, north up and east left.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    object_id
        An object that the viewer may see. Of those that one of the viewer's groups has as a source the image is kept.

    Returns
    -------
    dict
        ``survey, width_arcsec, image`` (a data URL) and ``why``: why there is none, or null; all null where no service is named.

    Raises
    ------
    NotFound
        If there is no such object among those that the viewer may see.
    Unavailable
        If the service does not answer.
    """
    require_objects(db, viewer, {object_id})
    desk = db.part(SurveyDesk)
    nothing: dict[str, Any] = {"survey": None, "width_arcsec": None, "image": None, "why": None}
    if desk.settings is None:
        return nothing
    position = position_of(db, viewer, object_id)
    saved = bool(saved_documents(db, viewer, [object_id])[object_id])
    found = desk.image(position.ra, position.dec, keep=saved)
    if found is None:
        return {**nothing, "why": _NOT_COVERED}
    survey, jpeg = found
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return {"survey": survey.name, "width_arcsec": desk.settings.width_arcsec, "image": url, "why": None}
