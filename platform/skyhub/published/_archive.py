"""Circulars in files: JSON or text one by one, directories of them, and the archive that GCN offers, which is a tar file."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from skyhub.circulars import MOST_BYTES
from skyhub.errors import InvalidInput

__all__ = ["archive_members"]

_KINDS = {".json", ".txt"}
_ARCHIVES = (".tar", ".tar.gz", ".tgz")
_NO_CIRCULARS = {"readme.txt", "license.txt", "index.json"}


def archive_members(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Circulars as they lie in files, directories (recursively) and archives: where each is from, and its bytes.

    A file that is too long for a circular is cut where it is known to be none.

    Raises
    ------
    InvalidInput
        If a path does not exist, or an archive cannot be read.
    """
    for path in paths:
        if path.is_dir():
            yield from archive_members(sorted(one for one in path.rglob("*") if one.is_file() and _may_be(one.name)))
        elif path.name.lower().endswith(_ARCHIVES):
            yield from _of_archive(path)
        else:
            yield str(path), _bytes(path)


def _may_be(name: str) -> bool:
    plain = name.lower()
    return plain.endswith(_ARCHIVES) or (Path(plain).suffix in _KINDS and plain not in _NO_CIRCULARS)


def _of_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path, mode="r|*") as archive:
            for member in archive:
                name = Path(member.name).name
                if member.isfile() and _may_be(name) and (file := archive.extractfile(member)):
                    yield f"{path}/{member.name}", file.read(MOST_BYTES + 1)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InvalidInput(
            f"{path} cannot be read as an archive: {error}. Nothing after this was taken.", str(path)
        ) from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", str(path)) from error
