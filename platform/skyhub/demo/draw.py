"""Draw all targets of a night so that each is detected on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from skyhub.demo.observe import Photometry, observe
from skyhub.demo.populations import Sight, class_counts, draw_target, suits
from skyhub.demo.sky import FIELD_WIDTH
from skyhub.demo.survey import Exposures, Survey
from skyhub.demo.target import SolarSystemBody, Target, Truth
from skyhub.demo.transients import Flux
from skyhub.errors import InvalidInput

__all__ = ["Drawn", "draw_night"]

_ATTEMPTS = 400


@dataclass(frozen=True)
class Drawn:
    """A target with its photometry."""

    target: Target
    photometry: Photometry


def draw_night(survey: Survey, n_objects: int, rng: np.random.Generator) -> list[Drawn]:
    """All targets of the night, class after class."""
    drawn: list[Drawn] = []
    for kind, count in class_counts(n_objects).items():
        places = [k for k, field in enumerate(survey.fields) if suits(kind, field)]
        if kind == "asteroid":
            drawn += _asteroids(survey, places, count, rng)
        else:
            drawn += [_draw_one(kind, survey, places, rng) for _ in range(count)]
    return drawn


def _draw_one(kind: str, survey: Survey, places: list[int], rng: np.random.Generator) -> Drawn:
    """Draw until the target is detected on the night; each failure brings the next one nearer."""
    for attempt in range(_ATTEMPTS):
        sight = _sight(survey, int(rng.choice(places)), 0.99**attempt, rng)
        target = draw_target(kind, sight, rng)
        exposures = survey.exposures[sight.index]
        photometry = observe(target, exposures, rng)
        if kind == "bogus":
            return Drawn(target, _spurious(target, photometry, exposures, rng))
        if photometry.detected[exposures.tonight].any():
            return Drawn(target, photometry)
    raise InvalidInput(f"No {kind} can be detected on this night; give another seed.", "seed")


def _sight(survey: Survey, index: int, reach: float, rng: np.random.Generator) -> Sight:
    field, exposures = survey.fields[index], survey.exposures[index]
    north, east = rng.uniform(-0.48, 0.48, 2) * FIELD_WIDTH
    dec = field.dec + float(north)
    ra = (field.ra + float(east) / np.cos(np.radians(dec))) % 360
    return Sight(index, field, float(ra), dec, float(exposures.jd[exposures.tonight][0]), reach)


def _spurious(target: Target, photometry: Photometry, exposures: Exposures, rng: np.random.Generator) -> Photometry:
    """A residual is found once on the night; a badly subtracted star now and then before it too."""
    found = np.zeros(len(photometry.flux), dtype=bool)
    found[rng.choice(np.flatnonzero(exposures.tonight))] = True
    if target.counterpart is not None:
        found |= (rng.random(len(found)) < 0.25) & ~exposures.tonight
    signs = [1] if target.artefact in ("cosmic ray", "bad column") else [1, 1, -1]
    signal = rng.uniform(5.5, 22, len(found)) * rng.choice(signs, len(found)) * photometry.sigma
    return replace(photometry, flux=np.where(found, signal, photometry.flux), detected=found)


def _asteroids(survey: Survey, places: list[int], count: int, rng: np.random.Generator) -> list[Drawn]:
    """Minor planets: each moves on between the two visits, so it makes two objects of one detection each."""
    drawn: list[Drawn] = []
    while len(drawn) < count:
        sight = _sight(survey, int(rng.choice(places)), 1.0, rng)
        drawn += _one_asteroid(sight, survey.exposures[sight.index], rng)
    return drawn[:count]


def _one_asteroid(sight: Sight, exposures: Exposures, rng: np.random.Generator) -> list[Drawn]:
    name, magnitude = str(rng.integers(1200, 640000)), float(rng.uniform(16.2, 19.2))
    speed, direction = float(rng.uniform(0.25, 0.75)), float(np.radians(rng.normal(250, 20)))
    pair = []
    for jd in exposures.jd[exposures.tonight]:
        arcsec = speed * (jd - sight.first_visit) * 1440
        dec = sight.dec + arcsec * np.cos(direction) / 3600
        ra = (sight.ra + arcsec * np.sin(direction) / 3600 / np.cos(np.radians(dec))) % 360
        body = SolarSystemBody(name, round(magnitude + float(rng.normal(0, 0.1)), 1), float(rng.uniform(0.1, 2.5)))
        there = replace(sight, ra=float(ra), dec=float(dec))
        target = there.target("asteroid", _passing(float(jd), magnitude), body=body, truth=Truth(t0=float(jd)))
        pair.append(Drawn(target, observe(target, exposures, rng)))
    return [one for one in pair if one.photometry.detected[exposures.tonight].any()]


def _passing(at: float, magnitude: float) -> Flux:
    """Sunlight reflected at one exposure only (g−r 0.55, as of the Sun and a little redder)."""
    mags = np.array([np.nan, magnitude + 0.3, magnitude - 0.25, magnitude - 0.4])
    return lambda jd, fid: np.where(np.abs(jd - at) < 1e-5, 10 ** ((23.9 - mags[fid]) / 2.5), 0.0)
