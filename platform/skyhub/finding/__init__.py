"""Finding an object at a telescope: where it is exactly, stars to offset from, finding charts and starlists."""

from skyhub.finding._chart import finding_chart
from skyhub.finding._rules import StarRules
from skyhub.finding._starlist import object_starlist
from skyhub.finding._stars import offset_stars

__all__ = ["StarRules", "finding_chart", "object_starlist", "offset_stars"]
