"""What a spectrum resembles, through the client."""

from __future__ import annotations

from typing import Any

from skyhub.client._tables import SkyTable

__all__ = ["SpectrumComparison"]

_DRAWN = ("wavelengths", "fluxes")


class SpectrumComparison:
    """The templates that a spectrum resembles most.

    Parameters
    ----------
    document
        The answer of the service, as `skyhub.spectra.compare_spectrum` describes it.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def types(self) -> SkyTable:
        """What good matches say of type and redshift, by falling share; empty if none is good."""
        return SkyTable.from_rows(self.document["types"])

    @property
    def matches(self) -> SkyTable:
        """The best matches, by falling rlap."""
        rows = [{name: row[name] for name in row if name not in _DRAWN} for row in self.document["matches"]]
        return SkyTable.from_rows(rows)

    @property
    def curves(self) -> list[dict[str, Any]]:
        """The matches to be drawn over the spectrum: ``label``, ``wavelengths`` (Å), ``fluxes`` (in its unit)."""
        return [{"label": match_label(row), **{name: row[name] for name in _DRAWN}} for row in self.document["matches"]]

    def __repr__(self) -> str:
        best = self.document["matches"][:1]
        said = match_label(best[0]) if best else "no match"
        return f"<SpectrumComparison of spectrum {self.document['spectrum_id']}: {said}>"


def match_label(match: dict[str, Any]) -> str:
    """A match in a few words."""
    return f"{match['type']} at z = {match['redshift']:.4f} ({match['template']})"
