"""Images of deep surveys from a service that cuts them out of HiPS (hips2fits).

References
----------
.. [1] Fernique et al. 2015, A&A 578, A114. doi:10.1051/0004-6361/201526075
"""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

from skyhub.adapters.brokers import BrokerHttp
from skyhub.config import ImageService

__all__ = ["HipsImages", "Survey"]

_JPEG = b"\xff\xd8\xff"
_DEGREE = 3600.0


class Survey(NamedTuple):
    """A survey: the name that is shown, and its HiPS."""

    name: str
    hips: str


class HipsImages:
    """Cuts images out of surveys, north up and east left.

    Parameters
    ----------
    settings
        Which service, how large the images are, and how patient one is with it.
    """

    def __init__(self, settings: ImageService) -> None:
        self.surveys = [Survey(name, hips) for name, hips in settings.surveys.items()]
        self._settings = settings
        self._http = BrokerHttp("the service of survey images", settings.url, settings)

    def image(self, survey: Survey, ra: float, dec: float, width_arcsec: float) -> bytes | None:
        """The surroundings of a position in a survey, as JPEG; None where the survey has nothing.

        Parameters
        ----------
        survey
            One of `surveys`.
        ra, dec
            Position (ICRS, deg).
        width_arcsec
            Width and height (arcsec).

        Raises
        ------
        Unavailable
            If the service does not answer in time or sends no image, or if it is left alone because of that.
        InvalidInput
            If it refuses the question.
        """
        pixels = self._settings.pixels
        asked = {
            **{"hips": survey.hips, "ra": ra, "dec": dec, "fov": width_arcsec / _DEGREE},
            **{"width": pixels, "height": pixels, "projection": "TAN", "coordsys": "icrs", "format": "jpg"},
        }
        found = self._http.content("GET", self._settings.url, params=asked)
        if not found.startswith(_JPEG):
            self._http.nonsense(f"{found[:12]!r} in place of a JPEG image")
        return None if self._is_blank(found) else found

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _is_blank(self, jpeg: bytes) -> bool:
        from PIL import Image  # 30 ms, which nobody else waits for

        try:
            with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
                low, high = image.convert("L").getextrema()
                return low == high
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            self._http.nonsense(f"a JPEG image that cannot be read ({error})")
