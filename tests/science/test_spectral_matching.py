import csv
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.science.spectra import read_spectra
from skyhub.science.spectral_matching import (
    GOOD_MATCH,
    Match,
    Template,
    best_matches,
    drawn_over,
    flattened,
    made_templates,
    type_shares,
)

WAVE = np.arange(3500.0, 9200.0, 4.0)


def made_spectrum(wave: np.ndarray, seed: int = 1) -> np.ndarray:
    """Broad lines at random places of a slope, at rest."""
    random = np.random.default_rng(seed)
    at, depth = random.uniform(3000, 9500, 24), random.uniform(-0.5, 0.5, 24)
    lines = (depth * np.exp(-0.5 * ((wave[:, None] / at - 1) / 0.012) ** 2)).sum(axis=1)
    return (wave / 5000) ** -1.5 * np.maximum(1 + lines, 0.1)


def template(seed: int = 1, kind: str = "SN Ia") -> Template:
    wave = np.arange(2500.0, 10000.0, 5.0)
    return Template(f"made {seed}", kind, flattened(wave, made_spectrum(wave, seed)))


@pytest.mark.parametrize(
    ("wave", "flux", "said"),
    [
        (np.arange(5000.0, 6000.0, 2), np.ones(500), "5000 to 5998 Å"),
        (np.array([np.nan, np.nan]), np.ones(2), "covers nothing"),
        (np.arange(13000.0, 20000.0, 2), np.ones(3500), "13000 to 19998 Å"),
        (WAVE, -np.ones(len(WAVE)), "not above zero"),
        (WAVE, np.full(len(WAVE), np.nan), "covers nothing"),
    ],
)
def test_what_cannot_be_compared_is_refused(wave: np.ndarray, flux: np.ndarray, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        flattened(wave, flux)


@pytest.mark.parametrize("redshifts", [(0.5, 0.1), (-0.5, 0.1), (0.0, 3.0), (0.1, 0.1)])
def test_redshifts_must_rise_within_bounds(redshifts: tuple[float, float]) -> None:
    with pytest.raises(InvalidInput, match=r"between -0.1 and 2"):
        best_matches(flattened(WAVE, made_spectrum(WAVE)), [template()], redshifts)


def test_without_templates_or_overlap_there_is_no_match() -> None:
    lines = flattened(WAVE, made_spectrum(WAVE))
    ultraviolet = np.arange(1500.0, 3000.0, 2.0)
    far = Template("far", "SN Ia", flattened(ultraviolet, made_spectrum(ultraviolet)))
    assert best_matches(lines, []) == best_matches(lines, [far], (0.0, 0.1)) == []
    assert type_shares([]) == []


@given(
    redshift=st.floats(0.0, 0.45),
    scale=st.floats(1e-20, 1e20),
    slope=st.floats(-2, 2),
    known=st.floats(0.0, 0.3),
)
def test_a_template_is_found_at_its_redshift_whatever_the_unit_and_the_slope(
    redshift: float, scale: float, slope: float, known: float
) -> None:
    flux = scale * (WAVE / 6000) ** slope * made_spectrum(WAVE / (1 + redshift))
    observed = WAVE / (1 + redshift) * (1 + known)
    right = Template("right", "SN Ia", flattened(observed, made_spectrum(WAVE / (1 + redshift))), known)
    match = best_matches(flattened(WAVE, flux), [template(2, "SN II"), right], (-0.05, 0.5))[0]
    assert match.template.name == "right"
    assert match.redshift == pytest.approx(redshift, abs=1e-3)
    assert match.height > 0.95


@given(seed=st.integers(0, 10_000))
def test_noise_is_no_good_match(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(1, 0.3, len(WAVE))
    found = best_matches(flattened(WAVE, noise), [template(n) for n in range(6)])
    assert all(match.rlap < 1.5 * GOOD_MATCH for match in found)
    assert all(0 < match.height < 0.8 for match in found)


def test_noise_makes_the_match_worse_and_the_error_larger() -> None:
    random, clean = np.random.default_rng(3), made_spectrum(WAVE / 1.1)
    found = [
        best_matches(flattened(WAVE, clean + random.normal(0, s, len(WAVE))), [template()])[0] for s in (0, 0.5, 2)
    ]
    assert [match.rlap for match in found] == sorted((match.rlap for match in found), reverse=True)
    assert [match.redshift_error for match in found] == sorted(match.redshift_error for match in found)


def test_a_match_is_drawn_on_the_continuum_of_the_spectrum() -> None:
    flux = 3e-15 * made_spectrum(WAVE / 1.2)
    lines = flattened(WAVE, flux)
    wave, drawn = drawn_over(lines, best_matches(lines, [template()])[0])
    middle = (wave > 4200) & (wave < 8500)
    observed = np.interp(wave, WAVE, flux)
    assert np.median(np.abs(drawn / observed - 1)[middle]) < 0.1
    assert np.corrcoef(np.log(drawn[middle]), np.log(observed[middle]))[0, 1] > 0.9


def test_shares_are_of_matches_that_are_nearly_as_good_as_the_best() -> None:
    lines = template().lines

    def match(kind: str, rlap: float, redshift: float = 0.1) -> Match:
        return Match(Template("t", kind, lines), redshift, 0.01, rlap, rlap, 1.0, 0.9)

    many = [match("SN Ia", 7.0)] * 30
    shares = type_shares([match("SN Ib", 12, 0.1), match("SN Ib", 10, 0.14), match("SN II", 11), *many])
    assert [(s.type, s.n_matches) for s in shares] == [("SN Ib", 2), ("SN II", 1)]
    assert shares[0].redshift == pytest.approx(0.12)
    assert shares[0].redshift_error == pytest.approx(0.02 * 2**0.5)
    assert sum(s.share for s in shares) == pytest.approx(1)
    assert type_shares([match("SN Ia", GOOD_MATCH - 0.1)]) == []


def test_made_templates_are_supernovae_and_galaxies_at_rest() -> None:
    made = made_templates()
    assert {"Galaxy, emission", "Galaxy, absorption"} <= {one.type for one in made}
    assert all(one.redshift == 0 and one.spectrum_id is None for one in made)
    names = Counter(one.name for one in made)
    assert max(names.values()) == 1


@pytest.fixture(scope="module")
def archive(shared: Path) -> dict[str, list[Template]]:
    """The real spectra of supernovae, active galaxies and tidal disruptions, by object."""
    folder, found = shared / "spectra", defaultdict(list)
    for row in csv.DictReader((folder / "index.csv").read_text().splitlines()):
        if row["redshift"] and row["file"].startswith(("wiserep", "otc", "ngsf")):
            spectrum = read_spectra((folder / row["file"]).read_bytes())[0]
            try:
                lines = flattened(spectrum.wavelengths, spectrum.fluxes)
            except SkyhubError:
                continue
            found[row["object"]].append(Template(row["file"], row["type"], lines, float(row["redshift"])))
    return found


def _family(kind: str) -> str:
    if kind in ("SN IIn", "SN Ibn", "LBV", "AGN"):
        return "narrow lines"
    return next((name for name in ("SLSN", "SN Ia", "SN II", "SN I") if kind.startswith(name)), kind)


def _found(archive: dict[str, list[Template]], names: list[str]) -> list[tuple[float, bool, float, float]]:
    """rlap, whether the type is right, how far the redshift is off, and in errors, of each spectrum of some objects."""
    found = []
    for name in names:
        others = [one for other, some in archive.items() if other != name for one in some]
        for spectrum in archive[name]:
            match = best_matches(spectrum.lines, [*others, *made_templates()])[0]
            off = abs(match.redshift - spectrum.redshift)
            right = _family(match.template.type) == _family(spectrum.type)
            found.append((match.rlap, right, off, off / match.redshift_error))
    return found


def test_real_spectra_find_their_types_and_redshifts_among_other_objects(archive: dict[str, list[Template]]) -> None:
    names = ["SN2005bl", "SN2014J", "SN2012fw", "SN2009F", "LSQ12hnr", "SN2013ej", "SN2007od", "SN2010jl", "SN2008ax"]
    found = _found(archive, names)
    assert len(found) == 16
    assert sum(right for _, right, _, _ in found) >= 15
    assert sum(off < 0.02 for _, _, off, _ in found) >= 15


@pytest.mark.slow
def test_most_of_all_real_spectra_find_their_types_and_redshifts(archive: dict[str, list[Template]]) -> None:
    """Each of 78 spectra of 22 types, of which most have a few objects, against those of all other objects."""
    found = _found(archive, list(archive))
    good = [one for one in found if one[0] >= 8]
    assert len(found) == 78
    assert len(good) >= 30
    assert sum(right for _, right, _, _ in good) / len(good) >= 0.7
    assert sum(off < 0.01 for _, _, off, _ in good) / len(good) >= 0.55
    assert np.quantile([pull for _, right, off, pull in found if right and off < 0.03], 0.68) < 1
