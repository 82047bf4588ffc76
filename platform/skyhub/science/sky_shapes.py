"""Localizations that a notice states in a few numbers: cones, ellipses, polygons, annuli and sets of circles.

A radius of a Gaussian says nothing without the probability that it holds, so each shape carries its level: in two dimensions a
radius of one standard deviation holds 39.3 %, and one of 90 % is 2.146 standard deviations [1]_.

References
----------
.. [1] Briggs et al. 1999, ApJS 122, 503, sect. 2. doi:10.1086/313222 (radii of Gaussians on the sphere)
.. [2] Hurley et al. 2013, ApJS 207, 39. doi:10.1088/0067-0049/207/2/39 (annuli of the interplanetary network)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science._shape_cells import annulus_map, cone_map, ellipse_map, inside_map
from skyhub.science._sky_map import SkyMap
from skyhub.science.coordinates import Position, separations
from skyhub.science.footprints import Footprint, offsets_of
from skyhub.science.vectors import lonlat, unit_vectors

__all__ = ["ONE_SIGMA", "Annulus", "Circles", "Cone", "Ellipse", "Polygon", "SkyShape", "skymap_of"]

ONE_SIGMA = 1 - math.exp(-0.5)
"""Probability within one standard deviation of an axis of a Gaussian in two dimensions."""
_SIXTY_EIGHT = math.erf(math.sqrt(0.5))
_WIDEST_POLYGON = 80.0
"""No corner may be farther from the middle of a polygon than this (deg)."""


@dataclass(frozen=True)
class Cone:
    """A Gaussian about a position.

    Parameters
    ----------
    ra, dec
        Its centre (ICRS, deg).
    radius
        Of the circle that holds the level (deg).
    level
        Probability within the radius.

    Examples
    --------
    >>> round(Cone.from_90(10.0, 20.0, 2.146).sigma, 4), Cone.from_sigma(197.45, -23.38, 2.0).name
    (1.0, '197.45000_-23.38000_2.00000')
    """

    ra: float
    dec: float
    radius: float
    level: float

    def __post_init__(self) -> None:
        _check_positions("cone", (self.ra,), (self.dec,))
        _check_size("cone", "radius", self.radius)
        _check_level("cone", self.level)

    @classmethod
    def from_sigma(cls, ra: float, dec: float, sigma: float) -> Cone:
        """The cone of a standard deviation of one axis (deg)."""
        return cls(ra, dec, sigma, ONE_SIGMA)

    @classmethod
    def from_50(cls, ra: float, dec: float, radius: float) -> Cone:
        """The cone of a radius (deg) that holds 50 %."""
        return cls(ra, dec, radius, 0.5)

    @classmethod
    def from_68(cls, ra: float, dec: float, radius: float) -> Cone:
        """The cone of a radius (deg) that holds 68.3 %, as much as one standard deviation in one dimension."""
        return cls(ra, dec, radius, _SIXTY_EIGHT)

    @classmethod
    def from_90(cls, ra: float, dec: float, radius: float) -> Cone:
        """The cone of a radius (deg) that holds 90 %."""
        return cls(ra, dec, radius, 0.9)

    @property
    def sigma(self) -> float:
        """Standard deviation of one axis (deg)."""
        return self.radius / _sigmas(self.level)

    @property
    def name(self) -> str:
        """The cone's numbers as one word."""
        return f"{self.ra:.5f}_{self.dec:.5f}_{self.radius:.5f}"

    def to_map(self) -> SkyMap:
        """The cone as a sky map."""
        return cone_map(Position(self.ra, self.dec), self.sigma)


@dataclass(frozen=True)
class Ellipse:
    """An ellipse about a position: a Gaussian, or everywhere within as likely.

    Parameters
    ----------
    ra, dec
        Its centre (ICRS, deg).
    semi_major, semi_minor
        Of the ellipse that holds the level (deg).
    position_angle
        Of the major axis, from north to east (deg).
    level
        Probability within the ellipse; None if it is uniform.
    """

    ra: float
    dec: float
    semi_major: float
    semi_minor: float
    position_angle: float
    level: float | None = None

    def __post_init__(self) -> None:
        _check_positions("ellipse", (self.ra,), (self.dec,))
        _check_size("ellipse", "semi_minor", self.semi_minor)
        _check_size("ellipse", "semi_major", self.semi_major)
        if self.semi_minor > self.semi_major:
            raise InvalidInput(
                f"the ellipse has a semi-minor axis of {self.semi_minor} deg and a semi-major one of {self.semi_major} deg: "
                "the minor is the shorter one.",
                "semi_minor",
            )
        if not math.isfinite(self.position_angle):
            raise InvalidInput(f"{self.position_angle} is no position angle: degrees are needed.", "position_angle")
        if self.level is not None:
            _check_level("ellipse", self.level)

    @property
    def name(self) -> str:
        """The ellipse's numbers as one word."""
        return "_".join(
            f"{v:.5f}" for v in (self.ra, self.dec, self.semi_major, self.semi_minor, self.position_angle % 360)
        )

    def to_map(self) -> SkyMap:
        """The ellipse as a sky map."""
        scale = 1.0 if self.level is None else 1 / _sigmas(self.level)
        return ellipse_map(
            Position(self.ra, self.dec),
            self.semi_major * scale,
            self.semi_minor * scale,
            self.position_angle,
            uniform=self.level is None,
        )


@dataclass(frozen=True)
class Polygon:
    """A polygon with great circles as sides, everywhere within as likely.

    Parameters
    ----------
    ra, dec
        Its corners in sequence (ICRS, deg), shape ``(n_corners,)``; the first need not be repeated.
    """

    ra: tuple[float, ...]
    dec: tuple[float, ...]

    def __post_init__(self) -> None:
        _as_tuples(self, "ra", "dec")
        if len(self.ra) != len(self.dec) or len(set(zip(self.ra, self.dec, strict=True))) < 3:
            raise InvalidInput(
                f"the polygon has {len(self.ra)} right ascensions and {len(self.dec)} declinations: as many of both, "
                "and three different corners or more are needed.",
                "polygon",
            )
        _check_positions("polygon", self.ra, self.dec)
        ra, dec = self._middle
        if not separations(self.ra, self.dec, ra, dec).max() <= _WIDEST_POLYGON:
            raise InvalidInput(
                f"the polygon reaches more than {_WIDEST_POLYGON:g} deg from its middle: give it in parts.", "polygon"
            )
        if self._footprint.areas[0] <= 0:
            raise InvalidInput("the polygon's corners lie on one line: it has no area.", "polygon")

    @property
    def name(self) -> str:
        """Middle and number of corners as one word."""
        ra, dec = self._middle
        return f"{ra:.5f}_{dec:.5f}_polygon{len(self.ra)}"

    def to_map(self) -> SkyMap:
        """The polygon as a sky map."""
        ra, dec = self._middle
        footprint = self._footprint

        def inside(a: NDArray[np.float64], d: NDArray[np.float64]) -> NDArray[np.bool_]:
            return footprint.contains(*offsets_of(a, d, ra, dec))

        reach = float(separations(self.ra, self.dec, ra, dec).max())
        return inside_map([(Position(ra, dec), reach)], float(footprint.areas[0]), inside)

    @property
    def _middle(self) -> tuple[float, float]:
        ra, dec = lonlat(unit_vectors(self.ra, self.dec).mean(axis=0))
        return float(ra), float(dec)

    @property
    def _footprint(self) -> Footprint:
        return Footprint((np.column_stack(offsets_of(self.ra, self.dec, *self._middle)),))


@dataclass(frozen=True)
class Annulus:
    """A ring about a position, as two detectors of known places time it [2]_: Gaussian across, or as likely everywhere.

    Parameters
    ----------
    ra, dec
        Its centre (ICRS, deg).
    radius
        Of the middle of the ring (deg).
    half_width
        Of the ring that holds the level (deg).
    level
        Probability within the half width to both sides; None if the ring is uniform.
    """

    ra: float
    dec: float
    radius: float
    half_width: float
    level: float | None

    def __post_init__(self) -> None:
        _check_positions("annulus", (self.ra,), (self.dec,))
        _check_size("annulus", "radius", self.radius)
        _check_size("annulus", "half_width", self.half_width)
        if self.level is not None:
            _check_level("annulus", self.level)

    @property
    def name(self) -> str:
        """The annulus' numbers as one word."""
        return "_".join(f"{v:.5f}" for v in (self.ra, self.dec, self.radius, self.half_width))

    def to_map(self) -> SkyMap:
        """The annulus as a sky map."""
        from scipy.special import erfinv

        width = self.half_width if self.level is None else self.half_width / (math.sqrt(2) * float(erfinv(self.level)))
        return annulus_map(Position(self.ra, self.dec), self.radius, width, uniform=self.level is None)


@dataclass(frozen=True)
class Circles:
    """What one or more circles cover together, everywhere within as likely.

    Parameters
    ----------
    ra, dec
        Their centres (ICRS, deg), shape ``(n,)``.
    radius
        Their radii (deg), shape ``(n,)``.
    """

    ra: tuple[float, ...]
    dec: tuple[float, ...]
    radius: tuple[float, ...]

    def __post_init__(self) -> None:
        _as_tuples(self, "ra", "dec", "radius")
        if not len(self.ra) == len(self.dec) == len(self.radius) > 0:
            raise InvalidInput(
                f"{len(self.ra)} right ascensions, {len(self.dec)} declinations and {len(self.radius)} radii are given: "
                "one of each for every circle, and a circle at least are needed.",
                "circles",
            )
        _check_positions("circles", self.ra, self.dec)
        for radius in self.radius:
            _check_size("circles", "radius", radius)

    @property
    def name(self) -> str:
        """The first circle's numbers, and how many there are, as one word."""
        return f"{self.ra[0]:.5f}_{self.dec[0]:.5f}_{self.radius[0]:.5f}_circles{len(self.ra)}"

    def to_map(self) -> SkyMap:
        """The circles as a sky map."""
        circles = [(Position(a, d), r) for a, d, r in zip(self.ra, self.dec, self.radius, strict=True)]
        smallest = float(2 * np.pi * (1 - np.cos(np.radians(min(self.radius)))) * np.degrees(1) ** 2)

        def inside(a: NDArray[np.float64], d: NDArray[np.float64]) -> NDArray[np.bool_]:
            covered = np.zeros(len(a), dtype=bool)
            for centre, radius in circles:
                covered |= separations(a, d, *centre) <= radius
            return covered

        return inside_map(circles, smallest, inside)


SkyShape = Cone | Ellipse | Polygon | Annulus | Circles
"""Any of the shapes."""


def skymap_of(shape: SkyShape) -> SkyMap:
    """The sky map of a shape: its probabilities sum to one.

    Examples
    --------
    >>> round(skymap_of(Cone.from_sigma(197.45, -23.38, 2.0)).area_within(0.9), 1)
    57.8
    """
    return shape.to_map()


def _sigmas(level: float) -> float:
    """How many standard deviations of one axis the radius of a level of a Gaussian in two dimensions is."""
    return math.sqrt(-2 * math.log1p(-level))


def _as_tuples(shape: object, *names: str) -> None:
    for name in names:
        object.__setattr__(shape, name, tuple(_numbers(getattr(shape, name), name)))


def _numbers(values: object, name: str) -> Iterator[float]:
    try:
        yield from (float(value) for value in values)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise InvalidInput(f"{values!r} are not numbers: a sequence of degrees is needed.", name) from None


def _check_positions(shape: str, ras: tuple[float, ...], decs: tuple[float, ...]) -> None:
    for ra, dec in zip(ras, decs, strict=True):
        if not (0 <= ra <= 360 and -90 <= dec <= 90):
            raise InvalidInput(
                f"the {shape} has a position at ra {ra}, dec {dec}: 0 ≤ ra ≤ 360 and −90 ≤ dec ≤ 90 deg are permitted.",
                shape,
            )


def _check_size(shape: str, name: str, size: float) -> None:
    if not 0 < size <= 180:
        raise InvalidInput(
            f"the {shape} has a {name} of {size} deg: more than 0 and at most 180 deg are permitted.", name
        )


def _check_level(shape: str, level: float) -> None:
    if not 0 < level < 1:
        raise InvalidInput(
            f"the {shape} has a level of {level}: a probability between 0 and 1 is needed (0.9 for a radius of 90 %).",
            "level",
        )
