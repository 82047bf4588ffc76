"""What was looked up, kept in memory for as long as nothing touches it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from skyhub.db._transaction import Transaction
from skyhub.db._writer import Writer

__all__ = ["Known", "Memory"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_MOST_KEPT = 50_000


class Known(NamedTuple, Generic[V]):
    """A value, and the commit up to which it is known to hold."""

    commit: int
    value: V


class Memory(Generic[K, V]):
    """Values by key, loaded at first need and replaced by the writer.

    Small writes depend on little: they take it from here, and the writer need not look it up while others wait.

    Parameters
    ----------
    writer
        The one writer.
    name
        Unique to this memory; keys are touched under it.
    load
        Looks a value up. What it returns must not be changed afterwards.
    """

    def __init__(self, writer: Writer, name: str, load: Callable[[K], V]) -> None:
        self._writer = writer
        self._name = name
        self._load = load
        self._known: dict[K, Known[V]] = {}

    def get(self, key: K) -> Known[V]:
        """The value of a key, looked up if need be."""
        known = self._known.get(key)
        if known is None or not self.holds(key):
            commit = self._writer.commits
            known = Known(commit, self._load(key))
            self._keep(key, known)
        return known

    def several(self, keys: Sequence[K], load: Callable[[Sequence[K]], Mapping[K, V]]) -> list[V]:
        """The values of keys; those that are not in memory are looked up together."""
        found = {key: known for key in keys if (known := self._known.get(key)) and self._still_holds(key, known)}
        missing = [key for key in keys if key not in found]
        if missing:
            commit = self._writer.commits
            for key, value in load(missing).items():
                found[key] = Known(commit, value)
                self._keep(key, found[key])
        return [found[key].value for key in keys]

    def peek(self, key: K) -> V | None:
        """The value of a key if it is in memory and still holds."""
        known = self._known.get(key)
        return known.value if known is not None and self._still_holds(key, known) else None

    def holds(self, key: K) -> bool:
        """Whether the value of a key is in memory and still holds."""
        known = self._known.get(key)
        return known is not None and self._still_holds(key, known)

    def held(self) -> Iterator[V]:
        """The values that are in memory and still hold."""
        for key, known in list(self._known.items()):
            if self._still_holds(key, known):
                yield known.value

    def latest(self, transaction: Transaction, key: K, seen: Known[V]) -> Known[V] | None:
        """In the writer's thread: what holds now, if it is known; None if it must be looked up again."""
        for known in (seen, self._known.get(key)):
            if known is not None and not transaction.touched_since((self._name, key), known.commit):
                return known
        return None

    def put(self, transaction: Transaction, key: K, value: V) -> None:
        """In the writer's thread: the value that holds from this transaction on."""
        transaction.touch((self._name, key))
        known = Known(self._writer.commits + 1, value)
        transaction.afterwards(lambda: self._keep(key, known))

    def _still_holds(self, key: K, known: Known[V]) -> bool:
        return not self._writer.touched_since((self._name, key), known.commit)

    def _keep(self, key: K, known: Known[V]) -> None:
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        self._known[key] = known
