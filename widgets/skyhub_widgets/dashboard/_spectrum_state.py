"""What a Spectrum widget shows, as parameters of the page's address and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets._spectrum import Spectrum

__all__ = ["SHOWN", "apply_state", "names_state", "state_of"]

_PREFIX = "sp_"
SHOWN = (
    "frame", "redshift", "species", "expansion_velocity", "medium", "normalisation", "offset", "smoothing",
    "smoothing_width", "bin_width", "colour_by", "x_range", "hidden", "region",
)  # fmt: skip
"""Traits that a link carries."""
_BETWEEN = "~"
"""Between the items of a list: labels of spectra have commas."""


def state_of(widget: Spectrum, standing: Mapping[str, Any]) -> dict[str, str]:
    """Parameters for all that is not as it stands when nothing was chosen."""
    changed = {name: getattr(widget, name) for name in SHOWN if getattr(widget, name) != standing.get(name)}
    return {_PREFIX + name: _text(value) for name, value in changed.items()}


def names_state(params: Mapping[str, str]) -> bool:
    """Whether an address says anything of what is shown."""
    return any(name.startswith(_PREFIX) for name in params)


def apply_state(widget: Spectrum, params: Mapping[str, str]) -> list[str]:
    """Show what an address says; returns what it says that cannot be shown."""
    refused = []
    for name in SHOWN:
        text = params.get(_PREFIX + name)
        if text is None:
            continue
        try:
            setattr(widget, name, _value(widget.traits()[name], text))
        except (t.TraitError, InvalidInput, ValueError):
            refused.append(f"{name} = {text[:60]}")
    return refused


def _text(value: object) -> str:
    return _BETWEEN.join(map(str, value)) if isinstance(value, list) else str(value)


def _value(trait: t.TraitType[Any, Any], text: str) -> Any:
    if isinstance(trait, t.Float):
        return float(text)
    if not isinstance(trait, t.List):
        return text
    items = text.split(_BETWEEN) if text else []
    return [float(item) for item in items] if trait.name in ("x_range", "region") else items
