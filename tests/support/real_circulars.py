"""Facts of three published circulars as records, entered by hand, and what is written from them.

    .venv/bin/python tests/support/real_circulars.py

prints the three texts, which stand in docs/explanation/circulars.md beside excerpts of those that were published.
"""

from __future__ import annotations

from datetime import UTC, datetime

from skyhub.circulars import (
    ClassificationFacts,
    ClassifiedAs,
    Draft,
    LimitFacts,
    MeasuredRedshift,
    SearchFacts,
    candidate_of,
    classification_draft,
    limit_of,
    limits_draft,
    parse_lines,
    parse_references,
    search_draft,
    spectrum_of,
    subject_name,
)
from skyhub.science.sky_shapes import Cone, skymap_of

__all__ = ["DRAFTS", "NEUTRINO", "WRONG_PLACE", "level_at"]

NEUTRINO = Cone.from_90(348.89, 36.55, 3.16)
"""The track-like event of GCN Circ. 34616, in which the published search looked for counterparts."""
_BURST = Cone.from_68(307.7, -48.4, 6.3)
"""GCN Circ. 34734."""
_PLACE, WRONG_PLACE = (349.8224, 37.7884), (49.8224, 37.7884)
"""Of AT2023rkw, as GCN Circ. 34717 corrects it, and as GCN Circ. 34688 had it."""


def level_at(cone: Cone, place: tuple[float, float]) -> float:
    """The credible level of a localization at a place (deg)."""
    return float(skymap_of(cone).credible_level([place[0]], [place[1]])[0])


def counterpart_search() -> Draft:
    """GCN Circ. 34688: one candidate counterpart of ZTF, with a table."""
    record = {"object_id": "AT2023rkw", "ra": _PLACE[0], "dec": _PLACE[1], "level": level_at(NEUTRINO, _PLACE)}
    points = [{"mjd": 60192.24512, "filter": "ztfg", "mag": 20.32, "magerr": 0.06}]
    return search_draft(
        SearchFacts(
            event=subject_name("S230904n"),
            t0=datetime(2023, 9, 4, 5, 10, 13, 128000, tzinfo=UTC),
            localization=NEUTRINO.name,
            area_deg2=float(skymap_of(NEUTRINO).area_within(0.9)),
            level=0.9,
            until=datetime(2023, 9, 13, 20, 35, 14, tzinfo=UTC),
            authors=[
                "Jannis Necker (DESY)", "Shreya Anand (Caltech)", "Simeon Reusch (DESY)", "Tomas Ahumada (Caltech)",
                "Gaurav Waratkar (IIT-B)", "Varun Bhalerao (IIT-B)", "Mansi Kasliwal (Caltech)",
            ],
            candidates=[candidate_of(record, points)],
            collaboration="ZTF and GROWTH collaborations",
            references=parse_references("LIGO/Virgo/KAGRA Collaborations 34612; IceCube Collaboration 34616"),
        )
    )  # fmt: skip


def upper_limit() -> Draft:
    """GCN Circ. 34356: a limit at the place of an afterglow."""
    limit = {"mjd": 60161.878663, "filter": "ps1::r", "limiting_mag": 21.5, "limiting_nsigma": 5.0}
    return limits_draft(
        LimitFacts(
            event="GRB 230805B",
            t0=datetime(2023, 8, 5, 11, 23, 51, tzinfo=UTC),
            name="the possible afterglow",
            ra_deg=207.74250,
            dec_deg=31.19128,
            until=datetime(2023, 8, 5, 21, 34, 34, tzinfo=UTC),
            authors=[
                "D. Turpin (CEA Paris-Saclay)", "C. Adami (LAM)", "B. Schneider (MIT)", "E. Le Floc'h (CEA Paris-Saclay)",
                "D. Götz (CEA Paris-Saclay)", "F. Schüssler (CEA Paris-Saclay)", "A. de Ugarte Postigo (OCA/CNRS)",
                "S. Basa (LAM)", "S. D. Vergani (GEPI, Obs. de Paris)",
            ],
            limits=[limit_of(limit)],
            n_limits=1,
            collaboration="a larger collaboration",
            references=parse_references(
                "Cenko et al. 34339; Moskvitin et al. 34343; Malesani et al. 34346; Hu et al. 34347"
            ),
            acknowledgements=["We acknowledge the excellent support from Observatoire de Haute-Provence."],
        )
    )  # fmt: skip


def classification() -> Draft:
    """GCN Circ. 34753: a candidate afterglow that is a dwarf nova."""
    place = (313.65475, -48.67481)
    spectrum = {
        "mjd": 60207.093, "instrument": "X-shooter", "telescope": "VLT UT3", "exposure": 2400.0, "frame": "observed",
        "wavelength_min": 3000.0, "wavelength_max": 24800.0,
    }  # fmt: skip
    return classification_draft(
        ClassificationFacts(
            event="GRB 230918B",
            t0=datetime(2023, 9, 18, 23, 55, 14, tzinfo=UTC),
            name="AT 2023tbf",
            ra_deg=place[0],
            dec_deg=place[1],
            authors=[
                "A. Saccardi (GEPI/Paris Obs.)",
                "L. Izzo (INAF/OACn & DARK/NBI)",
                "J. T. Palmerio (GEPI/Paris Obs. & IAP)",
            ],
            spectra=[spectrum_of(spectrum)],
            classified=ClassifiedAs("dwarf nova"),
            redshift=MeasuredRedshift(0.0, None, "spectroscopic"),
            lines=parse_lines("Ca II K 3933.66; Ca II H 3968.47; H-beta 4861.33"),
            matches=["a template of Morales-Rueda & Marsh (2002)"],
            level=level_at(_BURST, place),
            collaboration="Stargate collaboration",
            references=parse_references("Gompertz et al. 34738; Fermi GBM team 34734"),
        )
    )


DRAFTS = {34688: counterpart_search, 34356: upper_limit, 34753: classification}
"""What writes each, by the number of the circular that was published."""

if __name__ == "__main__":
    print("\n\n".join(draft().text() for draft in DRAFTS.values()))
