"""One incoming stream: take, decode, have stored, acknowledge; whatever happens, go on."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import pyarrow as pa

from skyhub.adapters import Feed, Message, Outlook
from skyhub.alerts import AlertReader, Decoded, Decoders
from skyhub.errors import InvalidInput, SkyhubError, Unavailable
from skyhub.ingest._orders import Order
from skyhub.ingest._pipeline import Stored
from skyhub.ingest._quarantine import Refused
from skyhub.ingest._states import StreamState

__all__ = ["Intake", "Receiver"]

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0
_RATE_SECONDS = 60.0
_BATCH = 512
_MOST_REASONS = 20

T = TypeVar("T")
_Taken = tuple[Sequence[Message], Callable[[], Decoded]]
"""Messages, and what waits until they are decoded."""


class Receiver(Protocol):
    """Where packets go; both calls return when what they were given is safe on disk."""

    def store(self, batch: pa.Table) -> Stored:
        """Store packets."""
        ...

    def refuse(self, stream: str, messages: Sequence[Refused]) -> None:
        """Keep refused messages in quarantine."""
        ...


class _Stopped(Exception):
    """The stream was told to stop while something was still to be stored."""


class Intake:
    """Brings one stream in.

    Parameters
    ----------
    name, kind
        The stream's name, and the kind of its feed.
    open_feed
        Opens the feed; called again if it breaks.
    receiver
        Where packets go.
    decoders
        Decode the messages; by default here, with the surveys that are shipped.
    survey
        Name of the survey whose packets they are, or ``auto``.

    Raises
    ------
    InvalidInput
        If there is no such survey.

    Notes
    -----
    A message is acknowledged after its packets were stored or it went into quarantine. What was taken and not acknowledged
    comes again: packets that are stored already are counted as duplicates. While one batch is stored, the next ones are taken
    and decoded, but no more than `Decoders.n_ahead`. While the receiver is away, the feed is held. A
    feed whose other side does not answer is tried again after a second, or when the other side wants to be asked again.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        open_feed: Callable[[], Feed],
        receiver: Receiver,
        decoders: Decoders | None = None,
        survey: str = "auto",
    ) -> None:
        self._open, self._receiver, self._survey = open_feed, receiver, survey
        self._decoders = decoders or Decoders(AlertReader)
        self._decoders.require(survey)
        self._state = StreamState(stream_name=name, kind=kind, since=datetime.now(UTC))
        self._times: deque[tuple[float, int]] = deque()
        self._order = Order()
        self._retry = self._heard = False
        self._lock = threading.Lock()

    def obey(self, order: Order) -> None:
        """Do what is wanted from now on."""
        with self._lock:
            self._retry |= order.retry is not None and order.retry != self._order.retry and self._heard
            self._order, self._heard = order, True

    def state(self) -> StreamState:
        """How it fares now."""
        with self._lock:
            return self._state.model_copy(update={"rate": self._rate()})

    def run(self, stop: threading.Event) -> None:
        """Go on until told to stop; then what was stored is acknowledged."""
        while not stop.is_set():
            try:
                with closing(self._open()) as feed:
                    self._receive(feed, stop)
            except Exception as error:  # one stream never stops the others
                if not isinstance(error, SkyhubError):
                    _log.exception("the stream %s is opened again", self._state.stream_name)
                reason = error.message if isinstance(error, SkyhubError) else f"{type(error).__name__}: {error}"
                self._be("down", reason, outlook=_in_seconds(_pause_of(error)))
                self._wait(stop.wait, stop, _pause_of(error))
        self._be("down", "it was stopped.")

    def _receive(self, feed: Feed, stop: threading.Event) -> None:
        ahead: deque[_Taken] = deque()
        while not stop.is_set():
            if self._order.paused and not ahead:
                self._be("paused", "an administrator has paused it.", lag=feed.lag())
                feed.hold(_PAUSE_SECONDS)
                continue
            if self._wants_retry():
                feed.retry()
            try:
                messages = [] if self._order.paused else feed.take(wait=not ahead)
            except Unavailable as error:
                if not ahead:
                    self._be("down", error.message, outlook=_in_seconds(_pause_of(error)))
                    self._wait(feed.hold, stop, _pause_of(error))
                    continue
                messages = []
            if messages:
                ahead.append((messages, self._begin(messages)))
            if ahead and (not messages or len(ahead) > self._decoders.n_ahead):
                try:
                    self._deliver(feed, *ahead.popleft(), stop)
                except _Stopped:
                    return
            outlook = feed.outlook()
            state = "slow" if outlook.slow else "running" if messages or ahead else "waiting"
            self._be(state, lag=feed.lag(), outlook=outlook)

    def _begin(self, messages: Sequence[Message]) -> Callable[[], Decoded]:
        return self._decoders.begin([(message.place, message.data) for message in messages], self._survey)

    def _wait(self, hold: Callable[[float], object], stop: threading.Event, seconds: float) -> None:
        """Wait, but not beyond the wish to stop, to pause or to try again at once."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not (stop.is_set() or self._retry or self._order.paused):
            hold(min(left, _PAUSE_SECONDS))

    def _wants_retry(self) -> bool:
        with self._lock:
            wanted, self._retry = self._retry, False
        return wanted

    def _deliver(
        self, feed: Feed, messages: Sequence[Message], decoded: Callable[[], Decoded], stop: threading.Event
    ) -> None:
        """Have stored what the messages hold, then acknowledge them."""
        found = decoded()
        reasons: dict[int, list[str]] = {}
        for number, rejection in zip(found.rejected_of, found.rejected, strict=True):
            reasons.setdefault(number, []).append(_told(rejection.record, rejection.reason))
        for begin in range(0, len(found.batch_of), _BATCH):
            assert found.batch is not None
            for place, reason in self._store(found.batch.slice(begin, _BATCH), feed, stop):
                reasons.setdefault(found.batch_of[begin + place], []).append(reason)
        refused = [
            Refused(messages[n].place, "; ".join(why[:_MOST_REASONS]), len(why), messages[n].data)
            for n, why in sorted(reasons.items())
        ]
        if refused:
            name = self._state.stream_name
            self._patiently(lambda: self._receiver.refuse(name, refused), feed, stop)
        self._count(n_read=found.n_read, n_refused=sum(message.n_records for message in refused))
        feed.acknowledge(messages)

    def _store(self, batch: pa.Table, feed: Feed, stop: threading.Event, first: int = 0) -> list[tuple[int, str]]:
        """Store packets; which of them the service refuses, by their places in the batch, is found by halves."""
        try:
            stored = self._patiently(lambda: self._receiver.store(batch), feed, stop)
        except InvalidInput as error:
            if len(batch) == 1:
                return [(first, f"candid {batch['candid'][0]}: {error}")]
            half = len(batch) // 2
            parts = ((batch.slice(0, half), first), (batch.slice(half), first + half))
            return [refused for part, place in parts for refused in self._store(part, feed, stop, place)]
        self._count(n_stored=stored.stored, n_duplicates=stored.duplicates)
        return []

    def _patiently(self, work: Callable[[], T], feed: Feed, stop: threading.Event) -> T:
        """Do it, again and again while it fails for reasons that lie in no packet, and hold the feed meanwhile."""
        while True:
            try:
                return work()
            except SkyhubError as error:
                if isinstance(error, InvalidInput) and error.where != "batch":  # the service knows other columns
                    raise
                self._be("waiting" if isinstance(error, Unavailable) else "down", error.message)
            if stop.is_set():
                raise _Stopped
            feed.hold(_PAUSE_SECONDS)

    def _be(self, state: str, reason: str = "", lag: int | None = None, outlook: Outlook | None = None) -> None:
        known = outlook or Outlook()
        told = {
            "state": state,
            "reason": reason,
            "lag": lag,
            "seconds": known.seconds,
            "next_try_at": known.next_try_at,
        }
        with self._lock:
            self._state = self._state.model_copy(update=told)

    def _count(self, **more: int) -> None:
        with self._lock:
            counts: dict[str, object] = {name: getattr(self._state, name) + n for name, n in more.items()}
            if read := more.get("n_read"):
                counts["last_packet_at"] = datetime.now(UTC)
                self._times.append((time.monotonic(), read))
            self._state = self._state.model_copy(update=counts)

    def _rate(self) -> float:
        begin = time.monotonic() - _RATE_SECONDS
        while self._times and self._times[0][0] < begin:
            self._times.popleft()
        lived = (datetime.now(UTC) - self._state.since).total_seconds()
        return sum(n for _, n in self._times) / max(1.0, min(_RATE_SECONDS, lived))


def _pause_of(error: Exception) -> float:
    """How long to wait before the next try (s)."""
    wanted = error.retry_after if isinstance(error, Unavailable) else None
    return _PAUSE_SECONDS if wanted is None else wanted


def _in_seconds(seconds: float) -> Outlook:
    return Outlook(next_try_at=datetime.now(UTC) + timedelta(seconds=seconds))


def _told(record: int | None, reason: str) -> str:
    return reason if record is None else f"record {record}: {reason}"
