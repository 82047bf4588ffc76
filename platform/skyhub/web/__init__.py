"""What the routes of every capability share: the caller, the context, answers."""

from skyhub.web._context import (
    ARROW,
    AsOf,
    Caller,
    Context,
    Identity,
    arrow_bytes,
    context_of,
    read_arrow,
    table_response,
)
from skyhub.web._tokens import TokenSigner

__all__ = [
    "ARROW",
    "AsOf",
    "Caller",
    "Context",
    "Identity",
    "TokenSigner",
    "arrow_bytes",
    "context_of",
    "read_arrow",
    "table_response",
]
