"""Settings of the service that cuts images out of deep surveys."""

from __future__ import annotations

from pydantic import Field

from skyhub.config._brokers import BrokerSettings, Url

__all__ = ["ImageService"]

_SURVEYS = {
    "Legacy Surveys DR10": "CDS/P/DESI-Legacy-Surveys/DR10/color",
    "Pan-STARRS DR1": "CDS/P/PanSTARRS/DR1/color-z-zg-g",
}


class ImageService(BrokerSettings):
    """A service that cuts images out of HiPS, such as hips2fits."""

    url: Url = Field(description="Its address, such as https://alasky.cds.unistra.fr/hips-image-services/hips2fits")
    surveys: dict[str, str] = Field(
        default=_SURVEYS,
        min_length=1,
        description="HiPS by the name that is shown; the first that has the place is taken",
    )
    width_arcsec: float = Field(60, gt=0, le=3600, description="Width of an image on the sky")
    pixels: int = Field(300, ge=16, le=2000, description="Width of an image in pixels")
    timeout_seconds: float = Field(3, gt=0, le=60, description="How long one image may take")
    retries: int = Field(0, ge=0, le=3, description="How often a request that failed is sent again at once")
