"""What is asked of a telescope's queue, what it answers, and what every queue can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict

from skyhub.errors import SkyhubError

__all__ = [
    "OBSERVING",
    "Exchange",
    "Form",
    "NotAnswered",
    "Order",
    "Product",
    "Refused",
    "Standing",
    "Subject",
    "Target",
    "TelescopeQueue",
    "Word",
]

Subject: TypeAlias = Literal["target", "plan"]
"""What a request is about: one place on the sky, or the exposures of a plan."""
Word: TypeAlias = Literal["submitted", "completed", "expired", "cancelled", "ended"]
"""How far a request has come over there; ended: it is there no more, and nothing is said of what became of it."""


OBSERVING: Mapping[Subject, str] = {"target": "triggered", "plan": "observation_plan"}
"""What an allocation must be for, where observations are made."""


class Form(BaseModel):
    """What a person says with a request; its JSON schema makes the form on the page."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Target:
    """A place on the sky (ICRS, deg)."""

    name: str
    ra: float
    dec: float


@dataclass(frozen=True)
class Order:
    """A request on its way to a queue."""

    key: str
    """The same at each try, and of no other request: 32 hexadecimal digits."""
    instrument: str
    payload: Mapping[str, Any]
    """What the form said."""
    requester: str
    proposal: str = ""
    target: Target | None = None
    observations: Sequence[Mapping[str, Any]] = ()
    """Exposures of a plan: ``field_id, ra, dec, filter, bandpass, start`` (UTC), ``exposure_s``."""
    remote_id: str = ""
    """What the other side calls it, once that is known."""
    again: bool = False
    """Whether an earlier try may have arrived."""


@dataclass(frozen=True)
class Standing:
    """How far a request has come."""

    word: Word
    detail: str = ""
    remote_id: str = ""


@dataclass(frozen=True)
class Product:
    """Data that came of a request: a file with a light curve or spectra."""

    kind: Literal["photometry", "spectrum"]
    name: str
    content: bytes


@dataclass(frozen=True)
class Exchange:
    """One question to a queue and its answer, without secrets."""

    method: str
    url: str
    sent: str
    status: int | None
    """None if there was no answer."""
    received: str
    seconds: float


class Refused(SkyhubError):
    """The other side refused for good, with reasons. `answered` is the status of its answer, if there was one."""

    code = "refused"
    status = 409

    def __init__(self, message: str, answered: int | None = None) -> None:
        super().__init__(message)
        self.answered = answered


class NotAnswered(SkyhubError):
    """The other side did not answer, or not with anything of use: it is worth trying again.

    Parameters
    ----------
    message
        What happened.
    unsure
        Whether what was sent may have arrived nevertheless.
    retry_after
        From how many seconds on the other side wants to be asked again.
    """

    code = "not_answered"
    status = 503

    def __init__(self, message: str, *, unsure: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.unsure = unsure
        self.retry_after = retry_after


class TelescopeQueue(Protocol):
    """A queue of requests at a telescope; each deed raises `Refused` or `NotAnswered`."""

    forms: ClassVar[Mapping[Subject, type[Form]]]
    """What it takes, and what a person has to say with it."""
    types: ClassVar[Mapping[Subject, str]]
    """What an allocation must be for."""
    secrets: ClassVar[tuple[tuple[str, ...], ...]]
    """Names of the secrets that it needs: all of one of these sets."""
    updates: ClassVar[bool]
    """Whether a request that it has can be changed."""
    follows: ClassVar[bool]
    """Whether it says what became of a request."""
    guarantee: ClassVar[str]
    """Whether a request may be there twice, in a sentence."""

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """What was said so far."""
        ...

    def validate(self, order: Order) -> None:
        """Refuse what would be refused; nothing is submitted."""

    def submit(self, order: Order) -> Standing:
        """Hand a request in; one that is there already is not handed in again."""
        ...

    def update(self, order: Order) -> Standing:
        """Put a changed request in the place of the one that is there."""
        ...

    def cancel(self, order: Order) -> Standing:
        """Take a request back; one that is not there is cancelled already."""
        ...

    def status(self, order: Order) -> Standing:
        """How far a request has come."""
        ...

    def retrieve(self, order: Order) -> Sequence[Product]:
        """The data that came of a request so far."""
        ...
