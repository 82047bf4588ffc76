"""The candidate scanner: a night's candidates one at a time, decided with the keyboard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._delivery import BACK_OFF_S, Delivery, PendingDecision, is_passing
from skyhub_widgets._desk_messages import answer
from skyhub_widgets._loop import MainLoop
from skyhub_widgets._protocols import CandidateSource, Card, Event, QueuePage, ScanDesk
from skyhub_widgets._queue import ScanQueue, verdict_for
from skyhub_widgets._static import StaticHtml
from skyhub_widgets._styles import FILTER_STYLES

__all__ = ["CandidateScanner"]

FIRST_CARDS = 2
KEPT_ANSWERS = 1000
VERDICTS = ("save", "reject", "undo")
EMPTY_TEXT = (
    "No candidate passes the present selection. Widen the dates, choose another group or filter, or look again when "
    "new alerts have come in."
)


class CandidateScanner(SkyhubWidget):
    """Shows one candidate at a time and stores the viewer's decisions.

    Parameters
    ----------
    source
        Where candidates come from and decisions go to.
    user
        Name of the viewer, to tell own decisions from others'.
    candidate_id
        Where to start; without it, or if it is not in the queue, at the first undecided candidate.
    selection
        Criteria of the queue, handed to ``source.queue``.
    desk
        What the viewer does and asks beside deciding, such as ``SkyDesk(sky)``; without one, that is not offered.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    groups
        The groups that the viewer may save for: of several, saving asks for which and remembers it.
    mode
        ``card`` (one candidate) or ``grid`` (many, of which several can be decided at once).
    current_id
        The candidate on screen.
    selection
        Criteria of the queue; assigning new ones loads it anew.
    advance
        Whether a decision goes on to the next undecided candidate.
    key_scope
        When keys work: ``page`` (as soon as it is displayed), ``focus`` (while it has the focus) or ``auto``
        (``focus`` in JupyterLab, else ``page``).
    empty_text
        What an empty queue says.
    status
        ``state`` (``ok`` or ``down``), ``waiting`` (decisions not stored yet) and ``message``.

    Notes
    -----
    Cards are fetched ahead of the scanner. A decision is shown at once and handed to the data service by a thread
    that keeps the order and tries again while the service is away; each has a key, so that it is stored once.
    """

    module = "scanner"
    user_api: ClassVar[list[str]] = [
        "current_id", "selection", "advance", "key_scope", "empty_text", "user", "status", "source", "refresh",
        "go_to", "groups", "mode", "on_open", "on_notebook", "on_decision", "static", "observe", "close",
    ]  # fmt: skip

    queue = t.Dict().tag(sync=True)
    cards: t.List[Card] = t.List().tag(sync=True)
    total = t.Int(None, allow_none=True).tag(sync=True)
    has_more = t.Bool(False).tag(sync=True)
    current_id = t.Unicode("").tag(sync=True)
    groups = t.List(t.Unicode()).tag(sync=True)
    mode = t.Enum(["card", "grid"], default_value="card").tag(sync=True)
    has_desk = t.Bool(False).tag(sync=True)
    has_notebook = t.Bool(False).tag(sync=True)
    selection = t.Dict()
    user = t.Unicode("").tag(sync=True)
    advance = t.Bool(True).tag(sync=True)
    key_scope = t.Enum(["auto", "page", "focus"], default_value="auto").tag(sync=True)
    empty_text = t.Unicode(EMPTY_TEXT).tag(sync=True)
    status = t.Dict(default_value={"state": "ok", "waiting": 0, "message": ""}).tag(sync=True)
    filter_styles = t.Dict(default_value=dict(FILTER_STYLES)).tag(sync=True)

    def __init__(
        self,
        source: CandidateSource,
        *,
        user: str = "",
        candidate_id: str = "",
        selection: Mapping[str, Any] | None = None,
        desk: ScanDesk | None = None,
        **traits: Any,
    ) -> None:
        self._source = source
        self._desk = desk
        self._loop = MainLoop()
        self._pool: ThreadPoolExecutor | None = None
        self._images: ThreadPoolExecutor | None = None
        self._cursor: str | None = None
        self._candidates = ScanQueue()
        self._loading_more = False
        self._refreshing = self._refresh_again = False
        self._in_flight: set[str] = set()
        self._answers: dict[str, dict[str, Any]] = {}
        self._answered: deque[str] = deque()
        self._open_callbacks: list[Callable[[str, str], object]] = []
        self._notebook_callbacks: list[Callable[[str], object]] = []
        self._decision_callbacks: list[Callable[[Event], object]] = []
        self._retry = 0
        self._end: Callable[[], None] = lambda: None
        own = {
            "user": user,
            "current_id": candidate_id,
            "selection": dict(selection or {}),
            "has_desk": desk is not None,
        }
        super().__init__(**own, **traits)
        in_main = self._in_main
        self._delivery = Delivery(source.decide, in_main(self._stored), in_main(self._refused), in_main(self._waiting))
        self.on_msg(self._received)
        self._first_load()
        self._end = source.subscribe(self._in_main(self._on_event))

    # --- what notebooks and dashboards use -------------------------------------------------------------------

    @property
    def source(self) -> CandidateSource:
        return self._source

    def refresh(self) -> None:
        """Load the queue anew, in the background, as far as it is here; the place in it is kept."""
        self._look_again(len(self._candidates))

    def _look_again(self, length: int) -> None:
        if self._desk is not None:
            self._desk.forget()
        if self._refreshing:  # alerts come in bursts: one more look after this one is enough
            self._refresh_again = True
            return
        self._refreshing = True
        self._submit(self._fetch_queue, {**self.selection}, length)

    def go_to(self, candidate_id: str) -> None:
        """Show this candidate of the queue.

        Raises
        ------
        InvalidInput
            If it is not in the queue.
        """
        if candidate_id not in self._candidates:
            raise InvalidInput(
                f"Candidate {candidate_id!r} is not among the {len(self._candidates)} of the queue. "
                "Widen `selection`, or open it as a source.",
                where="candidate_id",
            )
        self.current_id = candidate_id

    def on_open(self, callback: Callable[[str, str], object]) -> None:
        """Call ``callback(object_id, candidate_id)`` when the viewer opens a source."""
        self._open_callbacks.append(callback)

    def on_notebook(self, callback: Callable[[str], object]) -> None:
        """Offer a notebook of the candidate on screen, and call ``callback(candidate_id)`` when the viewer asks for it."""
        self._notebook_callbacks.append(callback)
        self.has_notebook = True

    def on_decision(self, callback: Callable[[Event], object]) -> None:
        """Call ``callback(event)`` with each live decision, one's own and others'."""
        self._decision_callbacks.append(callback)

    def static(self, card: Card | None = None) -> StaticHtml:
        """A card as HTML for a report; without one, the candidate on screen."""
        from skyhub_widgets._card_html import card_html

        if card is None:
            found = self._source.cards([self.current_id]) if self.current_id else []
            if not found:
                raise InvalidInput("There is no candidate on screen. Give a card: `static(card)`.", where="card")
            card = found[0]
        return StaticHtml(card_html(card))

    def close(self) -> None:
        """Remove the widget, end its threads and its subscription."""
        end, self._end = self._end, lambda: None
        end()
        if hasattr(self, "_delivery"):
            self._delivery.close()
        for pool in filter(None, (self._pool, self._images)):
            pool.shutdown(wait=False, cancel_futures=True)
        super().close()

    # --- threads ---------------------------------------------------------------------------------------------

    def _in_main(self, function: Callable[..., object]) -> Callable[..., None]:
        def scheduled(*args: Any) -> None:
            self._loop.call(function, *args)

        return scheduled

    def _submit(self, function: Callable[..., object], *args: Any) -> None:
        self._pool = self._pool or ThreadPoolExecutor(2, thread_name_prefix="skyhub-cards")
        self._pool.submit(function, *args)

    # --- the queue -------------------------------------------------------------------------------------------

    def _first_load(self) -> None:
        try:
            page = self._source.queue(**self.selection)
            self._show_queue(page)
            self.cards = self._cards(self._candidates.ids_from(self.current_id, FIRST_CARDS))
        except Exception as error:
            if not is_passing(error):
                raise
            self._queue_failed(error, dict(self.selection))

    def _fetch_queue(self, selection: dict[str, Any], length: int) -> None:
        try:
            page = self._source.queue(**selection)
            while page.get("cursor") is not None and len(page["candidates"]) < length:
                more = self._source.queue(**selection, cursor=page["cursor"])
                page = {**more, "candidates": [*page["candidates"], *more["candidates"]]}
        except Exception as error:
            self._loop.call(self._queue_failed, error, selection)
        else:
            self._loop.call(self._queue_came, page, selection)

    def _queue_came(self, page: QueuePage, selection: dict[str, Any]) -> None:
        self._refreshing = False
        if selection == self.selection:
            self._retry = 0
            self._set_status("ok", "")
            self._show_queue(page)
        if self._refresh_again or selection != self.selection:
            self._refresh_again = False
            self.refresh()

    def _queue_failed(self, error: Exception, selection: dict[str, Any]) -> None:
        self._refreshing = False
        self._set_status("down", str(error))
        if selection != self.selection:
            self.refresh()
        elif is_passing(error):
            self._refreshing = True
            self._submit(self._fetch_queue_later, selection, BACK_OFF_S[min(self._retry, len(BACK_OFF_S) - 1)])
            self._retry += 1

    def _fetch_queue_later(self, selection: dict[str, Any], delay: float) -> None:
        if not self._delivery.stopped.wait(delay):
            self._fetch_queue(selection, 0)

    def _show_queue(self, page: QueuePage, before: ScanQueue | None = None) -> None:
        self._candidates = (before or ScanQueue()).followed_by(page.get("candidates", []))
        self._cursor = page.get("cursor")
        with self.hold_sync():
            self.total = page.get("total")
            self.has_more = self._cursor is not None
            self.queue = self._candidates.columns

    @t.observe("selection")
    def _selection_changed(self, change: dict[str, Any]) -> None:
        if change["old"] is not t.Undefined and hasattr(self, "_delivery"):
            self._look_again(0)

    def _fetch_more(self, selection: dict[str, Any], cursor: str) -> None:
        try:
            page = self._source.queue(**selection, cursor=cursor)
        except Exception as error:
            self._loop.call(self._more_failed, error)
        else:
            self._loop.call(self._more_came, page, selection)

    def _more_failed(self, error: Exception) -> None:
        self._loading_more = False
        self._set_status("down", str(error))

    def _more_came(self, page: QueuePage, selection: dict[str, Any]) -> None:
        self._loading_more = False
        if selection == self.selection:
            self._set_status("ok", "")
            self._show_queue(page, self._candidates)

    # --- messages of the view --------------------------------------------------------------------------------

    def _received(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "need": self._on_need,
            "decide": self._on_decide,
            "more": self._on_more,
            "open": self._on_opened,
            "notebook": self._on_notebook_asked,
            "refresh": lambda _: self.refresh(),
            "image": self._on_image_wanted,
            **dict.fromkeys(("details", "classes", "comment", "classify", "keep"), self._on_desk),
        }
        handler = handlers.get(str(content.get("type")))
        if handler:
            handler(content)

    def _on_need(self, content: dict[str, Any]) -> None:
        self.cards.clear()  # the view has taken them; a view made later asks for fresh ones
        self._submit(self._fetch_cards, [str(candidate_id) for candidate_id in content["ids"]])

    def _fetch_cards(self, ids: list[str]) -> None:
        try:
            cards = self._cards(ids)
        except Exception as error:
            self._loop.call(self._post, {"type": "cards_failed", "ids": ids, "message": str(error)})
        else:
            self._loop.call(self._cards_came, cards, ids)

    def _cards(self, ids: list[str]) -> list[Card]:
        """The cards of candidates; in the queue of groups, with the viewer's verdict for these groups."""
        cards, named = self._source.cards(ids), self.selection.get("group")
        groups = [named] if isinstance(named, str) else named
        if groups:
            return [{**card, "mine": verdict_for(groups, self.user, card["decisions"])} for card in cards]
        return cards

    def _cards_came(self, cards: list[Card], ids: list[str]) -> None:
        for card in cards if not self._in_flight else ():
            self._candidates.note(card["candidate_id"], card["mine"])
        here = {card["candidate_id"] for card in cards}
        self._post({"type": "cards", "cards": cards, "absent": [i for i in ids if i not in here]})

    def _on_more(self, content: dict[str, Any]) -> None:
        if self._cursor is not None and not self._loading_more:
            self._loading_more = True
            self._submit(self._fetch_more, {**self.selection}, self._cursor)

    def _on_desk(self, content: dict[str, Any]) -> None:
        if self._desk is not None:
            desk = self._desk
            self._submit(lambda: self._loop.call(self._post, answer(desk, content)))

    def _on_image_wanted(self, content: dict[str, Any]) -> None:
        """Images come from afar: they have a thread of their own, so that nothing else waits for them."""
        if self._desk is not None:
            desk = self._desk
            self._images = self._images or ThreadPoolExecutor(1, thread_name_prefix="skyhub-images")
            self._images.submit(lambda: self._loop.call(self._post, answer(desk, content)))

    def _on_opened(self, content: dict[str, Any]) -> None:
        for callback in self._open_callbacks:
            callback(str(content["object_id"]), str(content["candidate_id"]))

    def _on_notebook_asked(self, content: dict[str, Any]) -> None:
        for callback in self._notebook_callbacks:
            callback(str(content["candidate_id"]))

    # --- decisions -------------------------------------------------------------------------------------------

    def _on_decide(self, content: dict[str, Any]) -> None:
        key, candidate_id = str(content["key"]), str(content["candidate_id"])
        self._post({"type": "accepted", "key": key})
        if key in self._answers:
            self._post(self._answers[key])
        elif content["verdict"] not in VERDICTS:
            text = f"The verdict {content['verdict']!r} was given; permitted are {', '.join(VERDICTS)}."
            self._post({"type": "refused", "key": key, "candidate_id": candidate_id, "message": text})
        elif key not in self._in_flight:
            self._in_flight.add(key)
            self._delivery.submit(PendingDecision(key, candidate_id, content["verdict"], content.get("groups")))

    def _stored(self, decision: PendingDecision, answer: dict[str, Any]) -> None:
        self._candidates.note(decision.candidate_id, decision.verdict)
        self._answer(decision, {"type": "decided", "decision": answer.get("decision")})

    def _refused(self, decision: PendingDecision, reason: str) -> None:
        self._answer(decision, {"type": "refused", "message": reason})

    def _answer(self, decision: PendingDecision, message: dict[str, Any]) -> None:
        message = {**message, "key": decision.key, "candidate_id": decision.candidate_id}
        self._in_flight.discard(decision.key)
        self._answers[decision.key] = message
        self._answered.append(decision.key)
        if len(self._answered) > KEPT_ANSWERS:
            del self._answers[self._answered.popleft()]
        self._post(message)

    def _waiting(self, count: int, message: str) -> None:
        self._set_status("down" if message else "ok", message)

    def _set_status(self, state: str, message: str) -> None:
        self.status = {"state": state, "waiting": self._delivery.count, "message": message}

    def _on_event(self, event: Event) -> None:
        if event.get("kind") != "decision":
            return
        own_id = self._candidates.own_id(str(event["object_id"]), str(event["candidate_id"]))
        if event.get("user") == self.user:
            self._candidates.note(own_id, str(event["verdict"]))
        self._post({"type": "event", "event": {**event, "candidate_id": own_id}})
        for callback in self._decision_callbacks:
            callback(event)
