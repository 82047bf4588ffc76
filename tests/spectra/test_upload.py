"""Spectra are stored whole with their file, once; re-reductions are versions; rights are those of all records."""

from __future__ import annotations

import threading
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from skyhub.attachments import ATTACHMENTS, blobs_of
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.records import add, edit, find, get, history, remove, share
from skyhub.science.spectra import read_spectra
from skyhub.spectra import SPECTRA, SpectrumUpload, original_file, spectrum_table, upload_spectra

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
OLAF = Viewer("olaf", frozenset({"transients"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])

FILE = b"# INSTRUME= 'SPRAT'\n# DATE-OBS= '2026-11-20T03:00:00'\n# BUNIT = '1e-15 erg/s/cm2/A'\n4000 1 .1\n5000 2 .2\n"
OBJECT = "ZTF26public"


def _upload(db: Database, content: bytes = FILE, viewer: Viewer = VERA, **said: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {"name": "a.ascii", "object_id": OBJECT, **said}
    return upload_spectra(db, viewer, SpectrumUpload(content=b64encode(content).decode(), **whole))


def _one(db: Database, **said: Any) -> int:
    return int(_upload(db, **said)["spectra"][0]["spectrum_id"])


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"content": b"nothing"}, "file"),
        ({"content": b""}, "file"),
        ({"content": b"4000 1\n5000 2\n"}, "observed_at"),
        ({"object_id": None}, "object_id"),
        ({"exposure": -1}, "exposure"),
        ({"wave_unit": "furlong"}, "wave_unit"),
        ({"object_id": "AT2026new", "ra": 400, "dec": 0}, "ra"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_stored(
    house: Database, said: dict[str, Any], where: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        _upload(house, **said)
    assert refused.value.where == where
    assert find(house, ADMINISTRATOR, SPECTRA) == []
    assert not (house.data_dir / "attachments").exists()


def test_neither_file_nor_table_and_both_are_refused(house: Database) -> None:
    table = {"wavelengths": [1000, 2000], "fluxes": [1, 2]}
    for given in ({}, {"content": "", "table": table}):
        with pytest.raises(InvalidInput, match="either"):
            upload_spectra(house, VERA, SpectrumUpload(**given))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="base64"):
        upload_spectra(house, VERA, SpectrumUpload(content="!"))


def test_an_object_that_is_not_there_needs_a_position(house: Database) -> None:
    with pytest.raises(NotFound, match="give ra and dec"):
        _upload(house, object_id="AT2026new")
    with pytest.raises(NotFound):
        _upload(house, object_id="AT2026new", dry_run=True)
    assert _upload(house, object_id="AT2026new", ra=10, dec=-5, dry_run=True)["stored"] == 1
    assert house.reader.rows(ADMINISTRATOR, "SELECT * FROM @objects WHERE object_id = 'AT2026new'") == []
    assert _upload(house, object_id="AT2026new", ra=10, dec=-5)["stored"] == 1
    [row] = house.reader.rows(VERA, "SELECT ra, dec FROM @objects WHERE object_id = 'AT2026new'")
    assert row == {"ra": 10.0, "dec": -5.0}


def test_a_record_has_what_the_header_and_the_caller_say(house: Database) -> None:
    record = _upload(house, exposure=600, observers=["Vera R."], redshift=0.1, type="host")["spectra"][0]
    assert (record["instrument"], record["exposure"], record["observers"]) == ("SPRAT", 600.0, ["Vera R."])
    assert (record["observed_at"], record["mjd"]) == ("2026-11-20T03:00:00.000Z", 61364.125)
    assert (record["n_points"], record["wavelength_min"], record["wavelength_max"]) == (2, 4000.0, 5000.0)
    assert (record["flux_unit"], record["flux_scale"]) == ("1e-15 erg/s/cm2/A", 1e-15)
    assert (record["type"], record["author"], record["groups"]) == ("host", "vera", ["transients"])
    assert record["header"]["INSTRUME"] == "SPRAT"
    assert not {"wavelengths", "fluxes", "errors", "file_digest"} & record.keys()
    said = _upload(house, instrument="other", observed_at=datetime(2026, 1, 1))["spectra"][0]
    assert (said["instrument"], said["observed_at"]) == ("other", "2026-01-01T00:00:00.000Z")


def test_arrays_come_back_with_their_units(house: Database) -> None:
    table = spectrum_table(house, VERA, _one(house))
    assert table["wavelength"].to_pylist() == [4000, 5000]
    assert table["error"].to_pylist() == [0.1, 0.2]
    assert table["flux_density"].to_pylist() == pytest.approx([1e-15, 2e-15])
    assert table.schema.field("flux").metadata == {b"unit": b"1e-15 erg/s/cm2/A"}


def test_the_file_is_kept_byte_for_byte(house: Database) -> None:
    name, content = original_file(house, VERA, _one(house))
    assert (name, content) == ("a.ascii", FILE)


def test_the_same_again_is_a_duplicate_and_other_arrays_are_a_version(house: Database) -> None:
    number = _one(house)
    again = _upload(house, comment="once more")
    assert (again["read"], again["stored"], again["duplicates"]) == (1, 0, 1)
    assert again["duplicates_of"] == [str(number)]
    better = _upload(house, content=FILE.replace(b"2 .2", b"2.1 .2"))
    assert (better["stored"], better["revised"], better["duplicates"]) == (1, 1, 0)
    assert better["spectra"][0]["spectrum_id"] == str(number)
    assert [row["version"] for row in history(house, VERA, SPECTRA, number)] == [1, 2]
    assert spectrum_table(house, VERA, number)["flux"].to_pylist() == [1, 2.1]
    assert spectrum_table(house, VERA, number, version=1)["flux"].to_pylist() == [1, 2]
    assert original_file(house, VERA, number, version=1)[1] == FILE
    with pytest.raises(NotFound, match="no version 3"):
        spectrum_table(house, VERA, number, version=3)


def test_as_of_a_time_one_reads_what_was_known_then(house: Database) -> None:
    number = _one(house)
    [row] = house.reader.rows(VERA, "SELECT known_at FROM @spectra")
    then = row["known_at"].replace(tzinfo=UTC)
    _upload(house, content=FILE.replace(b"2 .2", b"2.1 .2"))
    assert spectrum_table(house, VERA, number, as_of=then)["flux"].to_pylist() == [1, 2]
    remove(house, VERA, SPECTRA, number)
    assert find(house, VERA, SPECTRA) == []
    assert find(house, VERA, SPECTRA, as_of=then)[0]["version"] == 1


def test_another_label_type_or_time_is_another_spectrum(house: Database) -> None:
    numbers = {
        _one(house), _one(house, content=FILE + b"6000 3 .3\n", label="red"),
        _one(house, content=FILE + b"6000 3 .4\n", type="host"),
        _one(house, content=FILE, observed_at="2026-11-21"),
    }  # fmt: skip
    assert len(numbers) == 4


def test_without_instrument_or_hour_files_of_other_names_are_other_spectra(house: Database) -> None:
    bare = b"4000 1\n5000 2\n"
    for content, said in (
        (bare, {"observed_at": "2026-11-20"}),
        (b"# DATE-OBS 2026-11-20\n" + bare, {"instrument": "X"}),
    ):
        first = _one(house, content=content, name="blue.dat", **said)
        assert _one(house, content=content + b"6000 3\n", name="red.dat", **said) != first
        again = _upload(house, content=content + b"7000 3\n", name="blue.dat", **said)
        assert (again["revised"], again["spectra"][0]["spectrum_id"]) == (1, str(first))
        assert again["spectra"][0]["label"] == "blue"
        assert _upload(house, content=content, name="copy.dat", **said)["duplicates"] == 0


def test_somebody_else_keeps_a_reduction_beside_by_a_label(house: Database) -> None:
    _one(house)
    other = FILE.replace(b"2 .2", b"2.2 .2")
    with pytest.raises(PermissionRefused, match="label"):
        _upload(house, content=other, viewer=OLAF)
    assert _upload(house, content=other, viewer=OLAF, label="by Olaf")["stored"] == 1


def test_who_may_see_and_who_may_write(house: Database) -> None:
    number = _one(house)
    for viewer in (Viewer("vera", VERA.groups), Viewer("vera", VERA.groups, scopes=ROLES["scanner"])):
        with pytest.raises(PermissionRefused, match="upload"):
            _upload(house, viewer=viewer)
    assert find(house, STRANGER, SPECTRA) == []
    for read in (spectrum_table, original_file):
        with pytest.raises(NotFound):
            read(house, STRANGER, number)
        read(house, OLAF, number)
    with pytest.raises(PermissionRefused, match="its author"):
        edit(house, OLAF, SPECTRA, number, {"comment": "mine"})
    with pytest.raises(PermissionRefused, match="may not share"):
        _upload(house, content=FILE + b"6000 3 .3\n", groups=["bursts"], label="x")
    both = Viewer("vera", frozenset({"transients", "bursts"}), scopes=VERA.scopes)
    share(house, both, SPECTRA, number, ["transients", "bursts"])
    assert spectrum_table(house, STRANGER, number).num_rows == 2


def test_a_duplicate_that_one_may_not_see_tells_nothing(house: Database) -> None:
    _one(house)
    assert _upload(house, viewer=STRANGER)["stored"] == 1


def test_an_edit_keeps_the_arrays(house: Database) -> None:
    number = _one(house)
    edited = edit(house, VERA, SPECTRA, number, {"comment": "Hα"})
    assert (edited["version"], edited["comment"]) == (2, "Hα")
    assert spectrum_table(house, VERA, number)["error"].to_pylist() == [0.1, 0.2]
    assert original_file(house, VERA, number)[1] == FILE


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"fluxes": [1.0]}, "2 wavelengths and 1 fluxes"),
        ({"errors": [1.0]}, "2 wavelengths and 1 errors"),
        ({"errors": [1.0, 0.0]}, "positive"),
        ({"wavelengths": [5000.0, 4000.0]}, "not decrease"),
        ({"wavelengths": [0.0, 4000.0]}, "positive"),
        ({"wavelengths": [4000.0]}, "at least 2"),
        ({"fluxes": [1.0, float("nan")]}, "finite"),
        ({"file_digest": "0" * 64}, "no such file"),
    ],
)
def test_records_that_do_not_fit_together_are_refused(house: Database, changes: dict[str, Any], says: str) -> None:
    record = {"object_id": OBJECT, "observed_at": "2026-11-20", "wavelengths": [4000.0, 5000.0], "fluxes": [1.0, 2.0]}
    assert add(house, VERA, SPECTRA, [record], dry_run=True)["added"] == 1
    with pytest.raises(InvalidInput, match=says):
        add(house, VERA, SPECTRA, [{**record, **changes}])


def test_a_dry_run_shows_what_was_read_and_stores_nothing(house: Database) -> None:
    answer = _upload(house, dry_run=True)
    [preview] = answer["preview"]
    assert preview["columns"] == {"wavelengths": "0", "fluxes": "1", "errors": "2"}
    assert (preview["wavelengths"], preview["fluxes"], preview["flux_unit"]) == (
        [4000.0, 5000.0],
        [1.0, 2.0],
        "1e-15 erg/s/cm2/A",
    )
    assert preview["curve"] == {"wavelengths": [4000, 5000], "fluxes": [1, 2], "errors": [0.1, 0.2]}
    assert any("third was taken" in note for note in preview["notes"])
    assert answer["spectra"][0]["n_points"] == 2
    assert find(house, ADMINISTRATOR, SPECTRA) == []
    assert not (house.data_dir / "attachments").exists()


def test_a_preview_of_many_points_has_some_of_them(house: Database) -> None:
    rows = "".join(f"{4000 + n / 2} {n}\n" for n in range(4500)).encode()
    [preview] = _upload(house, rows, observed_at="2026-11-20", dry_run=True)["preview"]
    assert preview["n_points"] == 4500
    assert preview["curve"]["fluxes"] == list(range(0, 4500, 3))
    assert "errors" not in preview["curve"]


def test_several_spectra_of_a_file_are_all_stored_or_none(house: Database, shared: Path) -> None:
    content = (shared / "spectra" / "snid_lnw" / "sn2005ke.lnw").read_bytes()
    with pytest.raises(InvalidInput, match="observed_at"):
        _upload(house, content=content)
    answer = _upload(house, content=content, observed_at="2005-11-20")
    assert (answer["read"], answer["stored"]) == (10, 10)
    assert len({record["label"] for record in answer["spectra"]}) == 10
    again = _upload(house, content=content, observed_at="2005-11-20")
    assert (again["stored"], again["duplicates"]) == (0, 10)


@pytest.mark.slow
def test_every_spectrum_of_the_shared_data_comes_back_as_it_was_read(house: Database, shared: Path) -> None:
    stored = 0
    for path in sorted((shared / "spectra").rglob("*")):
        try:
            parsed = read_spectra(path.read_bytes()) if path.is_file() else []
        except InvalidInput:
            continue
        for one, record in zip(parsed, _stored_of(house, path) if parsed else [], strict=True):
            table = spectrum_table(house, VERA, int(record["spectrum_id"]))
            assert table["wavelength"].to_pylist() == one.wavelengths.tolist()
            assert table["flux"].to_pylist() == one.fluxes.tolist()
            stored += 1
    assert stored == 113 - 4 + 2 + 26 + 10 + 26


def _stored_of(db: Database, path: Path) -> list[dict[str, Any]]:
    answer = _upload(db, content=path.read_bytes(), name=path.name, observed_at="2026-01-01", instrument=path.name)
    records: list[dict[str, Any]] = answer["spectra"]
    return records


def test_the_same_file_at_once_is_one_spectrum(house: Database) -> None:
    threads = [threading.Thread(target=_upload, args=(house,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [record] = find(house, VERA, SPECTRA)
    assert record["version"] == 1


@pytest.mark.parametrize("kind", [SPECTRA, ATTACHMENTS], ids=lambda kind: kind.table)
def test_the_migration_has_the_columns_of_the_kind(db: Database, kind: Any) -> None:
    with db._connection.cursor() as cursor:
        found = cursor.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
            [kind.table],
        ).fetchall()
        cursor.execute(kind.ddl.replace(f"CREATE TABLE {kind.table}", "CREATE TEMP TABLE expected"))
        expected = cursor.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'expected' ORDER BY column_index"
        ).fetchall()
    assert found == expected


def test_a_damaged_file_is_noticed(house: Database) -> None:
    number = _one(house)
    [path] = [p for p in (house.data_dir / "attachments").rglob("*") if p.is_file()]
    path.write_bytes(b"something else")
    with pytest.raises(Exception, match="damaged"):
        original_file(house, VERA, number)
    path.unlink()
    with pytest.raises(Exception, match="backup"):
        original_file(house, VERA, number)
    assert path.name not in blobs_of(house)
    assert get(house, VERA, SPECTRA, number)["n_points"] == 2
