"""Objects on the sky, and sources: objects that groups have saved."""

from skyhub.sources._objects import find_objects, object_record, sources_table

__all__ = ["find_objects", "object_record", "sources_table"]
