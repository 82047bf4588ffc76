"""Planning which fields of a camera to observe when, so that they hold most of the probability of a sky map.

The mathematics is in ``docs/design/planning.md``.
"""

from __future__ import annotations

from skyhub.science.planning._asked import Machine, Pass, Strategy
from skyhub.science.planning._atoms import Atoms, atoms_of
from skyhub.science.planning._cover import Cover, best_cover, bound_of, greedy_cover
from skyhub.science.planning._explain import VERDICTS, FieldVerdict, Verdict, explain_fields
from skyhub.science.planning._galaxies import galaxy_map, galaxy_tiles
from skyhub.science.planning._growth import growing_probability
from skyhub.science.planning._joint import JointPlan, joint_plans, require_one_map
from skyhub.science.planning._plan import Plan, Planner
from skyhub.science.planning._replay import Lost, Replay, replay
from skyhub.science.planning._sight import Sight, dark_times, sight_of
from skyhub.science.planning._swaps import swapped
from skyhub.science.planning._tiling import Tiling, own_tiles
from skyhub.science.planning._timetable import Exposure
from skyhub.science.planning._visits import visits_completed

__all__ = [
    "VERDICTS",
    "Atoms",
    "Cover",
    "Exposure",
    "FieldVerdict",
    "JointPlan",
    "Lost",
    "Machine",
    "Pass",
    "Plan",
    "Planner",
    "Replay",
    "Sight",
    "Strategy",
    "Tiling",
    "Verdict",
    "atoms_of",
    "best_cover",
    "bound_of",
    "dark_times",
    "explain_fields",
    "galaxy_map",
    "galaxy_tiles",
    "greedy_cover",
    "growing_probability",
    "joint_plans",
    "own_tiles",
    "replay",
    "require_one_map",
    "sight_of",
    "swapped",
    "visits_completed",
]
