"""The library: groups, telescopes, catalogues, taxonomies and whatever else is kept for everybody's use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._cards import Cards
from skyhub_widgets.dashboard._details import footprint, galaxies_near, inside_of, taxonomy_tree
from skyhub_widgets.dashboard._records import Library, RecordsView
from skyhub_widgets.dashboard._sending_rule import sending_rule
from skyhub_widgets.dashboard._view import Page, View, heading

__all__ = ["LIBRARY_VIEWS", "LibraryView"]

LIBRARIES = (
    Library("telescopes", "Telescopes", "Where one observes from: sites on the ground and in space."),
    Library(
        "instruments",
        "Instruments",
        "Cameras and spectrographs: filters, sensitivity, footprint.",
        footprint,
        frozenset({"footprint"}),
    ),
    Library(
        "detectors", "Detectors", "Of gravitational waves, neutrinos and gamma rays, with their times of operation."
    ),
    Library("galaxy_catalogs", "Galaxy catalogues", "Galaxies with distances, to find hosts among.", galaxies_near),
    Library("spatial_catalogs", "Spatial catalogues", "Extended sources: cones and ellipses on the sky.", inside_of),
    Library(
        "reference_catalogs",
        "Reference catalogues",
        "What alerts are compared with: TNS, stars, active nuclei, variables.",
    ),
    Library("allocations", "Allocations", "Time on instruments: whose, how much, until when."),
    Library(
        "default_plans",
        "Default plans",
        "What is planned by itself when a localization comes, on whose time; and the rule by which it is sent, if there is one.",
        sending_rule,
    ),
    Library(
        "sending_rules",
        "Sending rules",
        "By which plans go to telescopes without a click: in whose name, under which conditions, and what they did.",
        sending_rule,
    ),
    Library("shifts", "Shifts", "Who scans when, and who is looked for."),
    Library("rules", "Rules", "Of what you want to be told, and when: events, saves, mentions."),
    Library(
        "schedules",
        "Schedules",
        "Which reports run by themselves: at times, on events, at the end of a night or a shift.",
    ),
    Library("channels", "Channels", "Where you are told of it beside the dashboards: e-mail, Slack, Matrix."),
    Library("circular_authors", "Authors", "Who reports in a group's circulars, with affiliations, in which order."),
    Library(
        "circular_accounts", "Circular accounts", "By whom circulars are sent: through GCN's interface or by e-mail."
    ),
    Library(
        "taxonomies",
        "Taxonomies",
        "The classes that objects may be given, edition by edition.",
        taxonomy_tree,
        frozenset({"hierarchy"}),
    ),
)


class LibraryView:
    """Cards that lead to the pages of the library.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        cards: list[dict[str, Any]] = [
            {"title": "Groups", "view": "groups", "text": "Who works together, on which streams, with which filters."},
            {
                "title": "Filters",
                "view": "filters",
                "text": "What makes candidates of alerts: written, tried, taken live.",
            },
            {
                "title": "Blind injections",
                "view": "injections",
                "text": "Known objects offered to scanners again, and how many of them were saved.",
            },
            {"title": "Streams", "view": "streams", "text": "What comes in, from where, and how it fares."},
        ]
        cards += [{"title": library.title, "view": library.kind, "text": library.text} for library in LIBRARIES]
        self._cards = Cards(cards)
        self._cards.on_open(page.go)
        self.box = widgets.VBox([heading("Library"), self._cards])

    def show(self, params: Mapping[str, str]) -> None:
        """There is nothing to bring up to date."""

    def hear(self, event: Mapping[str, Any]) -> None:
        """Nothing here changes."""


LIBRARY_VIEWS: dict[str, Callable[[Any], View]] = {
    "library": LibraryView,
    **{library.kind: partial(RecordsView, library=library) for library in LIBRARIES},
}
"""The views of the library by their name in the address."""
