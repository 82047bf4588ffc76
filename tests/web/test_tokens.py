"""Signed tokens: forged, expired and altered ones are refused; the key is never weak."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, SCOPES, Viewer
from skyhub.errors import NotAuthenticated, StorageError
from skyhub.web import TokenSigner

ANN = Viewer("ann", frozenset({"g"}), frozenset({"s"}), frozenset({"view", "scan"}))
HOUR = timedelta(hours=1)


def _claims(**changes: Any) -> dict[str, Any]:
    claims = {"sub": "ann", "groups": [], "streams": [], "scopes": ["administer"], "exp": datetime.now(UTC) + HOUR}
    return {**claims, **changes}


def _unsigned(header: dict[str, str], claims: dict[str, Any]) -> str:
    def part(document: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(document, default=str).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(claims)}."


def test_forged_tokens_are_refused(tmp_path: Path) -> None:
    signer = TokenSigner(tmp_path)
    good = signer.issue(ANN, HOUR)
    head, body, signature = good.split(".")
    claims = {**_claims(), "exp": 9999999999}
    another = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    forged = [
        _unsigned({"alg": "none", "typ": "JWT"}, claims),
        _unsigned({"alg": "None", "typ": "JWT"}, claims),
        f"{head}.{another}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        jwt.encode(_claims(), b"x" * 32, "HS256"),
        jwt.encode(_claims(), bytes(32), "HS256"),
        jwt.encode(_claims(), bytes.fromhex((tmp_path / "secrets" / "token-key").read_text()) * 2, "HS512"),
        "..",
        "a.b.c",
        f".{body}.{signature}",
        "é.é.é",
    ]
    for token in forged:
        with pytest.raises(NotAuthenticated, match="token is not valid"):
            signer.read(token)
    assert signer.read(good) == ANN


def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    signer = TokenSigner(tmp_path)
    with pytest.raises(NotAuthenticated, match="expired"):
        signer.read(signer.issue(ANN, -timedelta(seconds=1)))


@pytest.mark.parametrize("missing", ["sub", "exp"])
def test_a_token_without_its_claims_is_refused(tmp_path: Path, missing: str) -> None:
    signer = TokenSigner(tmp_path)
    claims = _claims()
    del claims[missing]
    token = jwt.encode(claims, bytes.fromhex((tmp_path / "secrets" / "token-key").read_text()), "HS256")
    with pytest.raises(NotAuthenticated):
        signer.read(token)


@pytest.mark.parametrize("content", ["", "00", "not hexadecimal", "00" * 31])
def test_a_weak_key_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token-key").write_text(content)
    with pytest.raises(StorageError, match="holds no key"):
        TokenSigner(tmp_path)


def test_the_key_is_its_owners_alone_and_lasts(tmp_path: Path) -> None:
    token = TokenSigner(tmp_path).issue_for_operator()
    assert (tmp_path / "secrets" / "token-key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert TokenSigner(tmp_path).read(token) == ADMINISTRATOR
    with pytest.raises(NotAuthenticated):
        TokenSigner(tmp_path / "another").read(token)


_names = st.frozensets(st.text(max_size=10), max_size=4)


@given(st.builds(Viewer, st.text(min_size=1, max_size=20), _names, _names, st.frozensets(st.sampled_from([*SCOPES]))))
def test_a_token_stands_for_its_viewer(tmp_path_factory: pytest.TempPathFactory, viewer: Viewer) -> None:
    signer = TokenSigner(tmp_path_factory.getbasetemp() / "signer")
    token = signer.issue(viewer, HOUR)
    assert signer.recognises(token)
    assert signer.read(token) == viewer
