"""Models of light curves as pure functions: parameters with bounds and units, and the flux that they make."""

from skyhub.errors import InvalidInput
from skyhub.science.models._afterglow import AFTERGLOW
from skyhub.science.models._cooling import SHOCK_COOLING
from skyhub.science.models._disruption import DISRUPTION
from skyhub.science.models._empirical import BAZIN, VILLAR
from skyhub.science.models._heated import KILONOVA, MAGNETAR, NICKEL
from skyhub.science.models._model import Host, Model, Parameter

__all__ = ["MODELS", "Host", "Model", "Parameter", "model_named"]

MODELS = {
    model.name: model for model in (BAZIN, VILLAR, NICKEL, MAGNETAR, SHOCK_COOLING, KILONOVA, AFTERGLOW, DISRUPTION)
}
"""All of them, by name."""


def model_named(name: str) -> Model:
    """A model. Raises `InvalidInput` if there is none of this name."""
    if name not in MODELS:
        raise InvalidInput(f"there is no model {name!r}: {', '.join(MODELS)} are permitted.", "model")
    return MODELS[name]
