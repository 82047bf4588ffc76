"""Jupyter widgets of skyhub: the same in a notebook cell, in a dashboard and, as static HTML, in a report."""

from __future__ import annotations

from skyhub_widgets._altitude_chart import AltitudeChart
from skyhub_widgets._cards import Cards
from skyhub_widgets._cutouts import CutoutTriplet
from skyhub_widgets._desk import SkyDesk
from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._lightcurve import LightCurve
from skyhub_widgets._links import view_link
from skyhub_widgets._navbar import NavBar
from skyhub_widgets._periodogram import Periodogram
from skyhub_widgets._photometry import photometry_from
from skyhub_widgets._plan_figures import PlanFigures
from skyhub_widgets._plan_timeline import PlanTimeline
from skyhub_widgets._point_desk import PointDesk, SkyPoints
from skyhub_widgets._population import Population, PopulationPlot
from skyhub_widgets._protocols import CandidateSource, Card, Event, QueueEntry, QueuePage, ScanDesk, Verdict
from skyhub_widgets._scanner import CandidateScanner
from skyhub_widgets._sky_map_picture import static_sky_map
from skyhub_widgets._skyplot import SkyPlot
from skyhub_widgets._spectrum import Spectrum
from skyhub_widgets._sql import SqlWorkbench
from skyhub_widgets._static import StaticHtml
from skyhub_widgets._styles import FILTER_STYLES, filter_style
from skyhub_widgets._table import RecordTable
from skyhub_widgets._world_map import WorldMap

__all__ = [
    "FILTER_STYLES",
    "AltitudeChart",
    "CandidateScanner",
    "CandidateSource",
    "Card",
    "Cards",
    "CutoutTriplet",
    "Event",
    "Form",
    "LightCurve",
    "NavBar",
    "Periodogram",
    "PlanFigures",
    "PlanTimeline",
    "PointDesk",
    "Population",
    "PopulationPlot",
    "QueueEntry",
    "QueuePage",
    "RecordTable",
    "ScanDesk",
    "SkyDesk",
    "SkyPlot",
    "SkyPoints",
    "Spectrum",
    "SqlWorkbench",
    "StaticHtml",
    "Verdict",
    "WorldMap",
    "filter_style",
    "form_from_schema",
    "photometry_from",
    "static_sky_map",
    "view_link",
]
