"""Spectra and attachments over HTTP, in the client and on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table
from skyhub.client import Sky
from skyhub.db import ROLES, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from support.commands import skyhub
from support.services import Served

mpl.use("Agg")

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])
SAID: dict[str, Any] = {"object_id": "ZTF26public", "observed_at": datetime(2026, 11, 20, 3, tzinfo=UTC)}
FILE = b"# wave flux error\n4000 1 .1\n5000 2 nan\n"
PICTURE = b"\x89PNG\r\n\x1a\nrest"


@pytest.fixture
def vera(served: Served) -> Any:
    with served.sky(VERA) as sky:
        yield sky


def test_without_a_token_nothing_is_said(served: Served) -> None:
    for path in ("/api/spectra/1/data", "/api/spectra/1/file", "/api/attachments/1/file"):
        assert served.get(path).status_code == 401
    assert httpx.post(served.url + "/api/spectra/files", json={}, trust_env=False).status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/spectra/files", b"no json"),
        ("/api/spectra/files", b'{"colour": "red"}'),
        ("/api/spectra/files", b'{"content": "!"}'),
        ("/api/attachments", b'{"name": "x"}'),
        ("/api/attachments", b'{"name": "x", "content": ""}'),
        ("/api/attachments", b'{"name": "../x", "content": "QQ=="}'),
        ("/api/attachments", b'{"name": "x", "content": "' + b"A" * 28_000_000 + b'"}'),
    ],
)
def test_what_cannot_be_used_is_refused(served: Served, path: str, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {served.token_of(VERA)}"}
    answer = httpx.post(served.url + path, content=body, headers=headers, trust_env=False, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_input"
    assert len(answer.text) < 1000


def test_a_spectrum_in_the_client(vera: Sky) -> None:
    answer = vera.spectra.upload(FILE, name="a.txt", flux_unit="mJy", **SAID)
    spectrum = vera.spectra.get(answer["spectra"][0]["spectrum_id"])
    assert spectrum["object_id"] == "ZTF26public"
    assert spectrum.flux.tolist() == [1, 2]
    assert np.isnan(spectrum.error[1])
    wavelength, flux, error = spectrum.quantities()
    assert wavelength.to_value(u.nm).tolist() == pytest.approx([400, 500])
    assert flux.to_value(u.Jy).tolist() == pytest.approx([1e-3, 2e-3])
    assert error[0].to_value(u.uJy) == pytest.approx(100)
    expected = (1 * u.mJy).to_value("erg/s/cm2/AA", u.spectral_density(4000 * u.AA))
    assert spectrum.flux_density[0] == pytest.approx(expected)
    assert spectrum.to_astropy().meta["spectrum_id"] == spectrum["spectrum_id"]
    assert list(spectrum.to_pandas().columns) == spectrum.to_polars().columns
    assert spectrum.original() == FILE
    assert "mJy" in spectrum.plot(redshift=0.1).get_ylabel()
    assert "4000–5000 Å" in repr(spectrum)


def test_tables_of_spectra_leave_the_arrays_out(vera: Sky) -> None:
    vera.spectra.upload(b"# KEY = 1\n" + FILE, **SAID)
    vera.spectra.upload(b"# KEY = 'text'\n" + FILE, instrument="other", **SAID)
    table = vera.spectra(object_id="ZTF26public")
    assert len(table) == 2
    assert not {"wavelengths", "fluxes", "errors", "file_digest"} & set(table.columns)
    assert [json.loads(h)["KEY"] for h in table["header"].to_pylist()] == ["text", 1]
    assert len(vera.spectra(instrument="other")) == 1


def test_an_earlier_version_and_an_earlier_time(vera: Sky) -> None:
    number = vera.spectra.upload(FILE, **SAID)["spectra"][0]["spectrum_id"]
    vera.spectra.upload(FILE.replace(b"5000 2", b"5000 3"), **SAID)
    assert vera.spectra.get(number).flux.tolist() == [1, 3]
    assert vera.spectra.get(number, version=1).flux.tolist() == [1, 2]
    then = datetime.fromisoformat(vera.spectra.history(number)[0]["known_until"]) - timedelta(milliseconds=1)
    assert vera.spectra.get(number, as_of=then).flux.tolist() == [1, 2]
    with pytest.raises(InvalidInput, match="version 9"):
        vera.spectra.get(number, version=9)


COLUMNS = {"wavelength": [4000.0, 5000.0], "flux": [1.0, 2.0], "error": [0.1, 0.2]}


@pytest.mark.parametrize(
    "table",
    [
        COLUMNS,
        pd.DataFrame(COLUMNS),
        pl.DataFrame(COLUMNS),
        pa.table(COLUMNS),
        Table(COLUMNS),
        QTable({"lambda": [400, 500] * u.nm, "flux": [1, 2] * u.mJy, "flux_err": [0.1, 0.2] * u.mJy}),
        Table({**COLUMNS, "error": MaskedColumn([0.1, 0.2], mask=[False, True])}, meta={"INSTRUME": "SPRAT"}),
    ],
    ids=["dict", "pandas", "polars", "arrow", "astropy", "quantities", "masked"],
)
def test_tables_of_all_sorts_are_taken(vera: Sky, table: Any) -> None:
    number = vera.spectra.upload(table, **SAID)["spectra"][0]["spectrum_id"]
    spectrum = vera.spectra.get(number)
    assert spectrum.wavelength.tolist() == [4000, 5000]
    assert spectrum.flux.tolist() == [1, 2]
    assert spectrum.error[0] == 0.1
    if isinstance(table, QTable):
        assert spectrum.flux_unit == "mJy"
    with pytest.raises(NotFound, match="no file"):
        spectrum.original()


def test_what_is_no_table_is_refused(vera: Sky) -> None:
    for source, says in ((3, "no table"), ({"a": [1], "b": [2]}, "wave_column"), ("/nowhere", "cannot be read")):
        with pytest.raises(InvalidInput, match=says):
            vera.spectra.upload(source, **SAID)


def test_the_file_of_a_spectrum_is_a_download(served: Served, vera: Sky) -> None:
    number = vera.spectra.upload(FILE, name='<b>"é.html', **SAID)["spectra"][0]["spectrum_id"]
    answer = served.get(f"/api/spectra/{number}/file", served.token_of(VERA))
    assert answer.content == FILE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "%3Cb%3E%22%C3%A9.html" in answer.headers["content-disposition"]
    assert served.get(f"/api/spectra/{number}/file", served.token_of(STRANGER)).status_code == 404
    plain = served.get(f"/api/spectra/{number}/data", served.token_of(VERA)).json()
    assert plain["wavelength"] == [4000.0, 5000.0]
    assert plain["error"] == [0.1, None]
    assert plain["units"]["wavelength"] == "Angstrom"


@pytest.mark.parametrize(
    ("name", "media_type", "served_as"),
    [
        ("a.png", None, "image/png"),
        ("a.html", None, "application/octet-stream"),
        ("a.svg", "image/svg+xml", "application/octet-stream"),
        ("a.png", "text/html", "application/octet-stream"),
        ("notes.txt", None, "text/plain; charset=utf-8"),
    ],
)
def test_attachments_are_downloads_that_no_browser_runs(
    served: Served, vera: Sky, name: str, media_type: str | None, served_as: str
) -> None:
    record = vera.attachments.upload(PICTURE, name=name, media_type=media_type)
    assert (record["name"], record["size"], record["author"]) == (name, len(PICTURE), "vera")
    assert "digest" not in record
    answer = served.get(f"/api/attachments/{record['attachment_id']}/file", served.token_of(VERA))
    assert answer.content == PICTURE
    assert answer.headers["content-type"] == served_as
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_attachments_are_kept_once_and_for_their_groups(served: Served, vera: Sky, tmp_path: Path) -> None:
    path = tmp_path / "chart.png"
    path.write_bytes(PICTURE)
    first, second = vera.attachments.upload(path, description="finder"), vera.attachments.upload(path)
    assert first["attachment_id"] != second["attachment_id"]
    assert vera.attachments.file(first["attachment_id"]) == PICTURE
    assert len([p for p in (served.db.data_dir / "attachments").rglob("*") if p.is_file()]) == 1
    with served.sky(STRANGER) as stranger:
        assert len(stranger.attachments()) == 0
        with pytest.raises(NotFound):
            stranger.attachments.file(first["attachment_id"])
    vera.attachments.remove(first["attachment_id"])
    with pytest.raises(NotFound):
        vera.attachments.file(first["attachment_id"])
    with served.sky(Viewer("visitor", VERA.groups)) as visitor:
        assert visitor.attachments.file(second["attachment_id"]) == PICTURE
        with pytest.raises(PermissionRefused):
            visitor.attachments.upload(path)
    with pytest.raises(InvalidInput, match="no such file"):
        vera.attachments.edit(second["attachment_id"], digest="0" * 64)


def test_the_command_line(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "SN_2026-11-20_Keck.ascii").write_bytes(FILE)
    (files / "broken.ascii").write_bytes(b"4000 1\n5000\n")
    (files / "README.md").write_text("nothing")
    words = ["ingest", "spectrum", files, "--data-dir", tmp_path / "data", "--object", "SN2026abc"]
    without = skyhub(*words, status=2)
    assert (without["read"], without["stored"], len(without["rejected"])) == (0, 0, 2)
    first = skyhub(*words, "--ra", "10", "--dec", "20", "--instrument", "LRIS")
    assert (first["read"], first["stored"], first["duplicates"]) == (1, 1, 0)
    [rejected] = first["rejected"]
    assert rejected["file"] == str(files / "broken.ascii")
    assert rejected["record"] is None
    assert "line 2" in rejected["reason"]
    second = skyhub(*words, "--instrument", "LRIS")
    assert (second["read"], second["stored"], second["duplicates"]) == (1, 0, 1)
    refused = skyhub("ingest", "spectrum", tmp_path / "nowhere", "--data-dir", tmp_path / "data", status=2)
    assert refused["error"]["code"] == "invalid_input"
