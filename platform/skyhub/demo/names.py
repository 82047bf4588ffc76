"""Identifiers in the survey's form: object names, processing ids, candidate ids, file names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

__all__ = ["Ledger", "image_name", "object_id", "process_id"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NIGHT_ZERO = 2457754.5
_POSITIVE, _NEGATIVE = 15000, 10000


def object_id(year: int, index: int, seed: int) -> str:
    """Name such as ``ZTF26abmvqxo``: unique for each index below 26⁵ with one seed.

    Examples
    --------
    >>> object_id(2026, 0, 1) != object_id(2026, 1, 1)
    True
    """
    number = (index * 7654321 + seed * 1234577 + 424242) % 26**5
    letters = []
    for _ in range(5):
        number, digit = divmod(number, 26)
        letters.append(_LETTERS[digit])
    return f"ZTF{year % 100:02d}ab{''.join(reversed(letters))}"


def process_id(jd: float, rcid: int) -> int:
    """Processing id: night since 2017, fraction of the day (5 digits), readout channel, 15."""
    night, fraction = divmod(jd - _NIGHT_ZERO, 1.0)
    return ((int(night) * 10**5 + int(fraction * 10**5)) * 100 + rcid) * 100 + 15


def image_name(jd: float, field_id: int, fid: int, rcid: int) -> str:
    """File name of the difference image of one readout channel."""
    night, fraction = divmod(jd - _NIGHT_ZERO, 1.0)
    day = date(2017, 1, 1) + timedelta(days=int(night))
    exposure = f"ztf_{day:%Y%m%d}{int(fraction * 10**6):06d}_{field_id:06d}_z{'_gri'[fid]}"
    return f"{exposure}_c{rcid // 4 + 1:02d}_o_q{rcid % 4 + 1}_scimrefdiffimg.fits.fz"


@dataclass
class Ledger:
    """Hands out candidate ids: the processing id, the sign of the subtraction and a running number."""

    _used: Counter[int] = field(default_factory=Counter)

    def candid(self, pid: int, positive: bool) -> int:
        """The next candidate id of a processing id; beyond 2^53."""
        number = pid % 37 + self._used[pid]
        self._used[pid] += 1
        return pid * 10**6 + (_POSITIVE if positive else _NEGATIVE) + number
