"""What is sent through a channel, and what is said if it does not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skyhub.errors import SkyhubError

__all__ = ["Letter", "NotDelivered"]


@dataclass(frozen=True)
class Letter:
    """A message on its way out; the same ``key`` at each try."""

    key: str
    title: str
    lines: Sequence[str]
    link: str | None = None


class NotDelivered(SkyhubError):
    """A letter that was not, or may not have been, delivered.

    Parameters
    ----------
    message
        Why; without the address, which may be a secret.
    final
        Whether the other side refused it for good.
    unsure
        Whether it may have arrived nevertheless.
    retry_after
        From how many seconds on the other side wants to be asked again.
    """

    code = "not_delivered"
    status = 503

    def __init__(
        self, message: str, *, final: bool = False, unsure: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.final = final
        self.unsure = unsure
        self.retry_after = retry_after
