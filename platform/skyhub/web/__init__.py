"""What the routes of every capability share: the caller, the context, answers."""

from skyhub.web._body import bounded_body
from skyhub.web._context import (
    ARROW,
    AsOf,
    Caller,
    Context,
    Identity,
    Limit,
    Number,
    arrow_bytes,
    arrow_response,
    caller_of,
    context_of,
    number_of,
    read_arrow,
    table_response,
    viewer_of,
)
from skyhub.web._directory import Directory
from skyhub.web._gone import gone, run_while_asked
from skyhub.web._short import Endpoint, ShortWay, TableEndpoint, checked_body, unforeseen
from skyhub.web._tokens import TOKEN_PREFIX, TokenSigner

__all__ = [
    "ARROW",
    "TOKEN_PREFIX",
    "AsOf",
    "Caller",
    "Context",
    "Directory",
    "Endpoint",
    "Identity",
    "Limit",
    "Number",
    "ShortWay",
    "TableEndpoint",
    "TokenSigner",
    "arrow_bytes",
    "arrow_response",
    "bounded_body",
    "caller_of",
    "checked_body",
    "context_of",
    "gone",
    "number_of",
    "read_arrow",
    "run_while_asked",
    "table_response",
    "unforeseen",
    "viewer_of",
]
