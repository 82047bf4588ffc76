"""Taxonomies: bad trees are refused, names are found however they are written, others' files are read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from skyhub.classification import SHIPPED, TAXONOMIES, Tree, ensure_shipped, read_taxonomy, taxonomy_tree
from skyhub.classification._files import read_shipped
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, PermissionRefused
from skyhub.records import add, find
from support.houses import OTHER, SCANNER, VISITOR

SCIENTIST = Viewer("scientist", frozenset({"transients"}), scopes=ROLES["scientist"])
SMALL = {
    "class": "Thing",
    "subclasses": [{"class": "A", "aliases": ["Aa"]}, {"class": "B", "other names": ["aa", "Bee"]}],
}


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"class": ""},
        {"class": 3},
        {"class": "A", "colour": "red"},
        {"class": "A", "subclasses": {"class": "B"}},
        {"class": "A", "subclasses": ["B"]},
        {"class": "A", "subclasses": [{"class": "B"}, {"class": "b"}]},
        {"class": "A", "other names": "Aa"},
        {"class": "A", "other names": [1]},
    ],
)
def test_bad_trees_are_refused(house: Database, tree: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Tree(tree)
    with pytest.raises(InvalidInput):
        add(house, SCIENTIST, TAXONOMIES, [{"name": "bad", "edition": "1", "hierarchy": tree}])


def test_a_tree_too_deep_is_refused() -> None:
    tree: dict[str, Any] = {"class": "bottom"}
    for _ in range(40):
        tree = {"class": "level", "subclasses": [tree]}
    with pytest.raises(InvalidInput, match="deeper"):
        Tree(tree)


@pytest.mark.parametrize(("name", "match"), [("C", "no class"), ("aa", "may be Thing/A, Thing/B"), ("", "no class")])
def test_unknown_and_ambiguous_names_are_refused(name: str, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        Tree(SMALL).find(name)


def test_a_near_miss_is_answered_with_what_was_meant() -> None:
    with pytest.raises(InvalidInput, match="did you mean SN Ia"):
        Tree(read_shipped()["hierarchy"]).find("SN Iaa")


def test_names_are_found_however_they_are_written() -> None:
    tree = Tree(read_shipped()["hierarchy"])
    for name in ("SN Ia", "sn ia", "Ia", "SNIa", " Type Ia ", "SN I/SN Ia"):
        assert tree.find(name).path == ("Source", "Transient", "Supernova", "SN I", "SN Ia")


def test_every_name_of_the_shipped_taxonomy_is_one_classs_only() -> None:
    tree = Tree(read_shipped()["hierarchy"])
    names = Counter(name.lower() for taxon in tree.taxa for name in {taxon.name, *taxon.aliases})
    assert [name for name, count in names.items() if count > 1] == []
    assert all(tree.find(name).name == taxon.name for taxon in tree.taxa for name in (taxon.name, *taxon.aliases))


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("TDE", "Transient"), ("kilonova", "Transient"), ("orphan", "Gamma-ray burst"), ("LBV", "Gap transient"),
        ("FBOT", "Transient"), ("SLSN-I", "SLSN"), ("QSO", "AGN"), ("blazar", "AGN"), ("nova", "Cataclysmic"),
        ("RR Lyrae", "Pulsating"), ("Algol", "Eclipsing"), ("RS CVn", "Rotating"), ("YSO", "Eruptive"),
        ("microlensing", "Stellar"), ("asteroid", "Solar-System object"), ("artefact", "Source"), ("AGN", "Galaxy"),
    ],
)  # fmt: skip
def test_the_shipped_taxonomy_has_the_fields_classes(name: str, parent: str) -> None:
    assert Tree(read_shipped()["hierarchy"]).find(name).path[-2] == parent


def test_the_shipped_taxonomy_is_there_for_everybody_once(house: Database) -> None:
    ensure_shipped(house)
    [row] = find(house, VISITOR, TAXONOMIES)
    assert (row["name"], row["public"], row["is_latest"], row["version"]) == (SHIPPED, True, True, 1)
    assert row["n_classes"] == len(Tree(row["hierarchy"]).taxa)


def test_the_newest_edition_is_the_latest(house: Database) -> None:
    for edition in ("1", "2"):
        add(house, SCIENTIST, TAXONOMIES, [{"name": "mine", "edition": edition, "hierarchy": SMALL}])
    with pytest.raises(Conflict):
        add(house, SCIENTIST, TAXONOMIES, [{"name": "mine", "edition": "2", "hierarchy": SMALL}])
    latest = {row["edition"]: row["is_latest"] for row in find(house, SCANNER, TAXONOMIES, {"name": "mine"})}
    assert latest == {"1": False, "2": True}
    assert taxonomy_tree(house, SCANNER, "mine")[0] == "2"
    assert taxonomy_tree(house, SCANNER, "mine", "1")[0] == "1"
    with pytest.raises(InvalidInput, match=r"there is no taxonomy mine \(3\)"):
        taxonomy_tree(house, SCANNER, "mine", "3")
    with pytest.raises(InvalidInput, match="no taxonomy mine"):
        taxonomy_tree(house, OTHER, "mine")
    with pytest.raises(PermissionRefused, match="upload"):
        add(house, SCANNER, TAXONOMIES, [{"name": "other", "edition": "1", "hierarchy": SMALL}])


@pytest.mark.parametrize(
    "text",
    ["", "- a\n- b", "class: [", "\x00", "class: A\nsubclasses:\n- ref: ../secret.yaml", "just text", "ref: bad.yaml"],
)
def test_files_that_hold_no_taxonomy_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret.yaml").write_text("class: Secret")
    folder = tmp_path / "taxonomy"
    folder.mkdir()
    (folder / "bad.yaml").write_text(text)
    with pytest.raises(InvalidInput):
        Tree(read_taxonomy(folder / "bad.yaml")["hierarchy"])


def test_yaml_runs_no_code(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text('class: !!python/object/apply:os.system ["touch /tmp/never"]')
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_taxonomy(tmp_path / "bad.yaml")


def test_trees_over_several_files_are_joined(tmp_path: Path) -> None:
    (tmp_path / "top.yaml").write_text("class: Top\nsubclasses:\n- ref: a.yaml\n- !include b.yaml\n- class: C\n")
    (tmp_path / "a.yaml").write_text("class: A\nother names: [Alpha]\n")
    (tmp_path / "b.yaml").write_text("class: B\nsubclasses: [{class: B1}]\n")
    taxonomy = read_taxonomy(tmp_path / "top.yaml")
    assert (taxonomy["name"], taxonomy["edition"], taxonomy["provenance"]) == ("Top", "1", "top.yaml")
    assert [taxon.name for taxon in Tree(taxonomy["hierarchy"]).taxa] == ["Top", "A", "B", "B1", "C"]


@pytest.mark.parametrize(
    ("path", "name", "edition", "some"),
    [
        ("tdtax/top.yaml", "Time-domain Source", "1", ["Ia-91T", "lens with planet", "SN Ib"]),
        ("skyportal/variable_taxonomy.yaml", "Variables Taxonomy", "demo", ["RR Lyrae ab", "W Virginis", "EW"]),
    ],
)
def test_taxonomies_of_others(
    house: Database, shared: Path, path: str, name: str, edition: str, some: list[str]
) -> None:
    taxonomy = read_taxonomy(shared / "survey" / path)
    assert (taxonomy["name"], taxonomy["edition"]) == (name, edition)
    add(house, SCIENTIST, TAXONOMIES, [taxonomy])
    _, tree = taxonomy_tree(house, SCANNER, name)
    assert len(tree.taxa) > 60
    assert all(tree.find(name) for name in some)
    assert find(house, ADMINISTRATOR, TAXONOMIES, {"name": name})[0]["n_classes"] == len(tree.taxa)
