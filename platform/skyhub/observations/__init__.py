"""Observations that were executed: logs of telescopes in, and what they covered of localizations."""

from skyhub.observations._coverage import (
    CoverageAsked,
    CoverageMap,
    MapAsked,
    Seen,
    coverage_of,
    observed_file,
    seen_of,
    since_event,
)
from skyhub.observations._efficiency import EfficiencyAsked, efficiency_of
from skyhub.observations._files import observation_files, read_observation_file
from skyhub.observations._log import COLUMNS, LOG
from skyhub.observations._read import ObservationsAsked, Selection, observations_asked
from skyhub.observations._store import StoredObservations, remove_observations, store_observations

__all__ = [
    "COLUMNS",
    "LOG",
    "CoverageAsked",
    "CoverageMap",
    "EfficiencyAsked",
    "MapAsked",
    "ObservationsAsked",
    "Seen",
    "Selection",
    "StoredObservations",
    "coverage_of",
    "efficiency_of",
    "observation_files",
    "observations_asked",
    "observed_file",
    "read_observation_file",
    "remove_observations",
    "seen_of",
    "since_event",
    "store_observations",
]
