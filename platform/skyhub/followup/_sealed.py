"""Secrets at rest: encrypted with a key that lies in the data directory, readable by its owner alone."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet, InvalidToken

from skyhub.errors import StorageError

__all__ = ["Sealer"]


class Sealer:
    """Seals named secrets into one text, and opens it again.

    Parameters
    ----------
    data_dir
        The data directory; the key is made at first need.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "secrets" / "allocations-key"

    def seal(self, secrets: Mapping[str, str]) -> str:
        """The secrets, encrypted (AES-128 with a MAC, Fernet)."""
        return self._fernet().encrypt(json.dumps(dict(secrets)).encode()).decode()

    def open(self, sealed: str) -> dict[str, str]:
        """The secrets again. Raises `StorageError` if they were sealed with another key, or are damaged."""
        try:
            secrets: dict[str, str] = json.loads(self._fernet().decrypt(sealed.encode()))
        except InvalidToken as error:
            raise StorageError(
                f"these secrets were not sealed with the key in {self._path}: restore that file from the backup, "
                "or give the secrets again.",
                str(self._path),
            ) from error
        return secrets

    def _fernet(self) -> Fernet:
        try:
            if not self._path.exists():
                self._make_key()
            return Fernet(self._path.read_bytes().strip())
        except (OSError, ValueError) as error:
            raise StorageError(f"{self._path} holds no key: {error}. Restore it from the backup.") from error

    def _make_key(self) -> None:
        """Of several that make one at once, the first stays."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._path.parent, prefix=".new-") as fresh:
            fresh.write(Fernet.generate_key())
            fresh.flush()
            os.fsync(fresh.fileno())
            try:
                os.link(fresh.name, self._path)
            except FileExistsError:
                return
