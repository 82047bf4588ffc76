"""What the tables and columns that are no records mean, with units; kinds of records describe themselves."""

from __future__ import annotations

__all__ = ["COLUMNS", "TABLES"]

TABLES: dict[str, tuple[str, str]] = {
    "alerts": (
        "Alert packets as they came, one row each, without their cutouts.",
        "SELECT dayobs, filter, count(*) AS alerts, median(mag) AS mag FROM alerts GROUP BY ALL ORDER BY ALL",
    ),
    "candidates": (
        "What passed a filter: one row per alert and filter.",
        "SELECT object_id, max(mjd) AS newest, min(mag) AS brightest FROM candidates GROUP BY 1 ORDER BY newest DESC LIMIT 20",
    ),
    "changes": (
        "The journal of all writing: who did what, when.",
        "SELECT seq, kind, payload, known_at FROM changes ORDER BY seq DESC LIMIT 20",
    ),
    "decisions": (
        "Candidates saved, rejected, and decisions undone.",
        "SELECT user_name, verdict, count(*) AS n FROM decisions GROUP BY ALL ORDER BY n DESC",
    ),
    "filters": ("Filters that make candidates of alerts.", "SELECT name, survey, expression FROM filters"),
    "groups": ("Groups of people.", "SELECT name, description FROM groups ORDER BY name"),
    "objects": (
        "Things on the sky, at their first known position.",
        "SELECT object_id, ra, dec FROM objects WHERE dec BETWEEN -5 AND 5 LIMIT 20",
    ),
    "photometry": (
        "Light curves: detections, forced photometry and upper limits.",
        "SELECT mjd, filter, mag, magerr FROM photometry WHERE object_id = (SELECT min(object_id) FROM objects) ORDER BY mjd",
    ),
    "sources": (
        "Objects that a group has saved, by whom.",
        "SELECT s.object_id, p.filter, min(p.mag) AS peak FROM sources s JOIN photometry p USING (object_id) GROUP BY ALL",
    ),
    "streams": ("Data streams, to which groups are entitled.", "SELECT name, description FROM streams"),
}
"""For each table a sentence, and a statement to begin with."""

COLUMNS: dict[str, tuple[str, str]] = {
    "object_id": ("", "Name of the object"),
    "candid": ("", "Number of the alert, as its survey gave it"),
    "candidate_id": ("", "Number of the candidate"),
    "survey": ("", "Survey that it comes from"),
    "schema_version": ("", "Version of the packet's schema"),
    "dayobs": ("", "The night, by the date of its evening"),
    "mjd": ("d", "Time of the exposure (MJD, UTC)"),
    "first_mjd": ("d", "First detection in the packet's history (MJD, UTC)"),
    "ra": ("deg", "Right ascension (ICRS)"),
    "dec": ("deg", "Declination (ICRS)"),
    "hpx": ("", "HEALPix pixel, order 29, NESTED"),
    "filter": ("", "Bandpass, by its sncosmo name"),
    "mag": ("mag", "Magnitude (AB)"),
    "magerr": ("mag", "Its error"),
    "limiting_mag": ("mag", "Upper limit (AB) where nothing was found"),
    "limiting_nsigma": ("", "How many sigma the limit stands for"),
    "positive": ("", "Whether it is brighter than the reference"),
    "rb": ("", "Real (1) or bogus (0), by the survey"),
    "drb": ("", "Real (1) or bogus (0), by the survey's deep network"),
    "star_score": ("", "Nearest catalogue entry: galaxy (0) to star (1)"),
    "star_distance": ("arcsec", "Distance to the nearest catalogue entry"),
    "sso_name": ("", "Nearest known minor planet"),
    "sso_distance": ("arcsec", "Distance to it"),
    "n_detections": ("", "Detections at this place in the survey's history"),
    "stream": ("", "Stream that it came with"),
    "flux": ("uJy", "Flux (AB zero point 23.9); null for a limit"),
    "fluxerr": ("uJy", "Its error"),
    "origin": ("", "Where the point comes from: alert, forced, or what the uploader said"),
    "instrument": ("", "Instrument"),
    "given_value": ("", "The value as it was given"),
    "given_error": ("", "Its error as it was given"),
    "given_limit": ("", "The limit as it was given"),
    "given_unit": ("", "Unit of what was given"),
    "given_zp": ("mag", "Zero point of what was given"),
    "given_system": ("", "Magnitude system of what was given"),
    "point_id": ("", "Number of the point: the alert's for a detection, negative for a limit"),
    "photometry_id": ("", "Number of the point on this platform"),
    "repeat": ("", "Which of several points of one exposure in one upload"),
    "upload_id": ("", "Upload that it came with"),
    "owner": ("", "Who uploaded it"),
    "filter_id": ("", "Number of the filter that it passed"),
    "filter_version": ("", "Version of that filter"),
    "decision_id": ("", "Number of the decision"),
    "undoes": ("", "The decision that this one undoes"),
    "user_name": ("", "Who"),
    "verdict": ("", "save, reject or undo"),
    "saved_by": ("", "Who saved it"),
    "group_id": ("", "Number of the group"),
    "group_ids": ("", "Numbers of the groups"),
    "stream_id": ("", "Number of the stream"),
    "expression": ("", "Condition on alerts, in SQL"),
    "name": ("", "Name"),
    "description": ("", "Description"),
    "seq": ("", "Number of the change; grows by one"),
    "kind": ("", "Kind of the change"),
    "payload": ("", "What changed (JSON)"),
    "version": ("", "Version; a correction has the next one"),
    "author": ("", "Who wrote it first"),
    "edited_by": ("", "Who wrote this version"),
    "known_at": ("", "When the platform learnt it (UTC)"),
}
"""Unit (as astropy writes it) and meaning of columns; a name means the same in all tables."""
