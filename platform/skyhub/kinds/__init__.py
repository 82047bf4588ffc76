"""All kinds of records that the platform keeps, and who may do what with them."""

from skyhub.kinds._all import KINDS, kind_of

__all__ = ["KINDS", "kind_of"]
