"""Objects on the sky by name: the ones that are known, and new ones with a position."""

from skyhub.objects._ensure import Place, ensure_object, ensure_objects, unseen_objects

__all__ = ["Place", "ensure_object", "ensure_objects", "unseen_objects"]
