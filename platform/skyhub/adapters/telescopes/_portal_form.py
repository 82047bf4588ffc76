"""What a person says to an observation portal, and the request group that is made of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from skyhub.adapters.telescopes._protocol import Form, Order

__all__ = ["Moment", "PortalForm", "request_group"]


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time; without a zone it is UTC."""


class PortalForm(Form):
    """An observation of one target."""

    observe: Literal["imaging", "spectrum"] = Field("imaging", description="What is to be made")
    optical_elements: list[str] = Field(
        min_length=1, max_length=20, description="Filters, as gp and rp; of a spectrum the slit, as slit_2.0as"
    )
    exposure_time: float = Field(gt=0, le=7200, description="Of each exposure", json_schema_extra={"unit": "s"})
    exposure_count: int = Field(1, ge=1, le=100, description="Exposures with each filter")
    start: Moment = Field(description="Not before (UTC)")
    end: Moment = Field(description="Not after (UTC)")
    max_airmass: float = Field(1.6, ge=1, le=25, description="Largest airmass")
    min_lunar_distance: float = Field(30, ge=0, le=180, json_schema_extra={"unit": "deg"}, description="From the Moon")
    observation_type: Literal["NORMAL", "RAPID_RESPONSE", "TIME_CRITICAL"] = Field("NORMAL", description="How urgent")
    ipp_value: float = Field(1.05, ge=0.5, le=2, description="Priority within the proposal")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"the end, {self.end}, must come after the start, {self.start}")
        return self


def request_group(order: Order, name: str, instrument_type: str, telescope_class: str) -> dict[str, Any]:
    """A request group of one request.

    Parameters
    ----------
    order
        With a target.
    name, instrument_type, telescope_class
        What the portal is to call it, and what it calls the instrument and its telescopes.
    """
    form = PortalForm.model_validate(order.payload)
    window = {"start": _text(form.start), "end": _text(form.end)}
    return {
        "name": name,
        "proposal": order.proposal,
        "ipp_value": form.ipp_value,
        "operator": "SINGLE",
        "observation_type": form.observation_type,
        "requests": [
            {
                "configurations": [_configuration(order, form, instrument_type)],
                "windows": [window],
                "location": {"telescope_class": telescope_class},
            }
        ],
    }


def _configuration(order: Order, form: PortalForm, instrument_type: str) -> dict[str, Any]:
    assert order.target is not None
    spectrum = form.observe == "spectrum"
    exposure = {"exposure_time": form.exposure_time, "exposure_count": form.exposure_count}
    element, mode = ("slit", {"rotator_mode": "VFLOAT"}) if spectrum else ("filter", {})
    target = {"name": order.target.name, "type": "ICRS", "ra": order.target.ra, "dec": order.target.dec, "epoch": 2000}
    return {
        "type": "SPECTRUM" if spectrum else "EXPOSE",
        "instrument_type": instrument_type,
        "target": target,
        "acquisition_config": {"mode": "WCS"} if spectrum else {},
        "guiding_config": {"mode": "ON"} if spectrum else {},
        "constraints": {"max_airmass": form.max_airmass, "min_lunar_distance": form.min_lunar_distance},
        "instrument_configs": [
            {**exposure, **mode, "optical_elements": {element: one}} for one in form.optical_elements
        ],
    }


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
