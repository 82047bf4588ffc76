"""What notebooks and widgets import: `connect` and what it returns."""

from skyhub.client._candidates import Candidates
from skyhub.client._changes import Changes
from skyhub.client._connect import connect, load_ipython_extension
from skyhub.client._localizations import Localization
from skyhub.client._periodograms import ObjectPeriodogram
from skyhub.client._sky import Reports, Sky
from skyhub.client._spectrum import Spectrum
from skyhub.client._sql import Sql, SqlTable
from skyhub.client._tables import UNITS, PhotometryTable, SkyTable
from skyhub.client._transport import Transport

__all__ = [
    "UNITS",
    "Candidates",
    "Changes",
    "Localization",
    "ObjectPeriodogram",
    "PhotometryTable",
    "Reports",
    "Sky",
    "SkyTable",
    "Spectrum",
    "Sql",
    "SqlTable",
    "Transport",
    "connect",
    "load_ipython_extension",
]
