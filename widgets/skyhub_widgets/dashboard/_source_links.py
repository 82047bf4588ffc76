"""Where else on the web an object can be looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

__all__ = ["links_html"]

_BY_PLACE = {
    "SIMBAD": "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra}%20{dec}&Radius=10&Radius.unit=arcsec",
    "NED": "https://ned.ipac.caltech.edu/conesearch?search_type=Near%20Position%20Search&coordinates={ra}d%20{dec}d&radius=1",
    "VizieR": "https://vizier.cds.unistra.fr/viz-bin/VizieR-4?-c={ra}%20{dec}&-c.rs=10",
    "TNS": "https://www.wis-tns.org/search?ra={ra}&decl={dec}&radius=10&coords_unit=arcsec",
    "Legacy Surveys": "https://www.legacysurvey.org/viewer?ra={ra}&dec={dec}&zoom=15&mark={ra},{dec}",
    "Pan-STARRS": "https://ps1images.stsci.edu/cgi-bin/ps1cutouts?pos={ra}+{dec}&filter=color",
    "Aladin": "https://aladin.cds.unistra.fr/AladinLite/?target={ra}%20{dec}&fov=0.1",
    "SDSS": "https://skyserver.sdss.org/dr18/VisualTools/explore/summary?ra={ra}&dec={dec}",
}
_BY_NAME = {
    "ZTF": {
        "Fink": "https://ztf.fink-portal.org/{name}",
        "ALeRCE": "https://alerce.online/object/{name}",
        "Lasair": "https://lasair-ztf.lsst.ac.uk/objects/{name}/",
        "ANTARES": "https://antares.noirlab.edu/loci?query={name}",
    },
    "LSST": {
        "Fink": "https://lsst.fink-portal.org/{name}",
        "Lasair": "https://lasair.lsst.ac.uk/objects/{name}/",
    },
}
_TNS_OBJECT = "https://www.wis-tns.org/object/{name}"
_TNS_PREFIXES = ("SN ", "AT ", "TDE ")


def links_html(record: Mapping[str, Any]) -> str:
    """Links to brokers, catalogues and images of the place of an object; nothing is asked until one is followed.

    Parameters
    ----------
    record
        The object as ``Sky.source`` gives it.
    """
    links = " · ".join(
        f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(name)}</a>'
        for name, url in _links(record)
    )
    return f'<p style="margin:4px 0">{links}</p>'


def _links(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for alias in record["aliases"]:
        if alias.startswith(_TNS_PREFIXES):
            yield alias, _TNS_OBJECT.format(name=quote(alias.split(" ", 1)[1], safe=""))
    for name, form in _BY_NAME.get(record["survey"], {}).items():
        yield name, form.format(name=quote(record["object_id"], safe=""))
    place = {"ra": f"{record['ra']:.6f}", "dec": f"{record['dec']:.6f}"}
    for name, form in _BY_PLACE.items():
        yield name, form.format(**place)
