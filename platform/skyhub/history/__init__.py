"""What was known when: all that happened to an object, and who wrote what."""

from skyhub.history._audit import audit
from skyhub.history._history import object_history

__all__ = ["audit", "object_history"]
