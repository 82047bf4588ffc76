"""How far two people agree who put the same things into classes: confusion table, agreement, Cohen's kappa.

References
----------
.. [1] Cohen 1960, Educational and Psychological Measurement 20, 37. doi:10.1177/001316446002000104
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput

__all__ = ["agreement_fraction", "cohen_kappa", "confusion_table", "kappa_error"]


def confusion_table(first: Sequence[str], second: Sequence[str], classes: Sequence[str]) -> NDArray[np.int64]:
    """How often one said a class (row) where the other said a class (column).

    Parameters
    ----------
    first, second
        The class that each gave, of the same things in the same order.
    classes
        All classes, in the order of rows and columns.

    Returns
    -------
    numpy.ndarray
        Counts, shape (n_classes, n_classes).

    Raises
    ------
    InvalidInput
        If the two are not of one length, or a class is not known.

    Examples
    --------
    >>> confusion_table(["save", "save"], ["save", "reject"], ["save", "reject"]).tolist()
    [[1, 1], [0, 0]]
    """
    if len(first) != len(second):
        raise InvalidInput(f"{len(first)} and {len(second)} classes were given: as many of each are permitted.")
    places = {name: place for place, name in enumerate(classes)}
    if unknown := sorted({*first, *second} - places.keys()):
        raise InvalidInput(f"class {unknown[0]!r} is not known: {', '.join(classes)} are permitted.", unknown[0])
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(table, ([places[name] for name in first], [places[name] for name in second]), 1)
    return table


def agreement_fraction(table: ArrayLike) -> float:
    """Fraction of things to which both gave one class; NaN of an empty table.

    Parameters
    ----------
    table
        Counts, shape (n_classes, n_classes).

    Raises
    ------
    InvalidInput
        If it is no square table of counts.
    """
    counts = _counts(table)
    return float(np.trace(counts) / counts.sum()) if counts.sum() else float("nan")


def cohen_kappa(table: ArrayLike) -> float:
    """Agreement beyond chance, (p_o - p_c) / (1 - p_c) [1]_: 1 where both always agree, 0 as by chance.

    NaN of an empty table, and where both gave everything the same class, since chance alone would do that.

    Parameters
    ----------
    table
        Counts, shape (n_classes, n_classes).

    Raises
    ------
    InvalidInput
        If it is no square table of counts.

    Examples
    --------
    >>> round(cohen_kappa([[88, 10, 2], [14, 40, 6], [18, 10, 12]]), 3)  # [1]_
    0.492
    """
    observed, chance = agreement_fraction(table), _chance(_counts(table))
    return (observed - chance) / (1 - chance) if chance < 1 else float("nan")


def kappa_error(table: ArrayLike) -> float:
    """Standard error of kappa for many things, sqrt(p_o (1 - p_o) / n) / (1 - p_c) [1]_; NaN where kappa is.

    Parameters
    ----------
    table
        Counts, shape (n_classes, n_classes).

    Raises
    ------
    InvalidInput
        If it is no square table of counts.
    """
    counts = _counts(table)
    observed, chance = agreement_fraction(table), _chance(counts)
    if not chance < 1:
        return float("nan")
    return float(np.sqrt(observed * (1 - observed) / counts.sum()) / (1 - chance))


def _chance(counts: NDArray[np.float64]) -> float:
    """Agreement of two who give classes as often as these did, but at random."""
    total = counts.sum()
    return float(counts.sum(axis=0) @ counts.sum(axis=1) / total**2) if total else float("nan")


def _counts(table: ArrayLike) -> NDArray[np.float64]:
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise InvalidInput(f"the table has the shape {counts.shape}: (n_classes, n_classes) is permitted.")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise InvalidInput("the table has negative or infinite counts: counts from 0 on are permitted.")
    return counts
