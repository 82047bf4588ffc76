"""Files of catalogues as tables: CSV, Parquet, FITS, VOTable and HDF5, with their own names of columns."""

from __future__ import annotations

import bz2
import gzip
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

from skyhub.errors import InvalidInput

__all__ = ["table_of_file"]

_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open}
_ASTROPY = {".fits": "fits", ".fit": "fits", ".hdf5": "hdf5", ".h5": "hdf5", ".vot": "votable", ".xml": "votable"}


def table_of_file(path: Path) -> pa.Table:
    """The table that a file holds. Raises `InvalidInput` if it is none."""
    name = Path(path.stem) if path.suffix in _OPENERS else path
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet

            return pyarrow.parquet.read_table(path)
        if name.suffix.lower() in _ASTROPY:
            return _astropy_table(path, _ASTROPY[name.suffix.lower()])
        return _csv(path)
    except ImportError as error:
        raise InvalidInput(f"{path} needs a package that is not installed: {error}.", str(path)) from error
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, EOFError, IndexError) as error:
        raise InvalidInput(f"{path} cannot be read as a catalogue: {error}", str(path)) from error


def _csv(path: Path) -> pa.Table:

    with _OPENERS.get(path.suffix, open)(path, "rb") as file:
        skipped = _lines_before_the_names(file)
    with _OPENERS.get(path.suffix, open)(path, "rb") as file:
        return _table_of_text(file, skipped)


def _lines_before_the_names(file: IO[bytes]) -> int:
    """One, if the first line has a single value and the second several: the public list of the TNS begins with its date."""
    first, second = file.readline(), file.readline()
    return int(bool(first.strip()) and b"," not in first and b"," in second)


def _table_of_text(file: IO[bytes], skipped: int) -> pa.Table:
    import pyarrow.csv

    options = pyarrow.csv.ConvertOptions(
        null_values=["", "nan", "NaN", "null", "None", "--", "NULL"], strings_can_be_null=True
    )
    return pyarrow.csv.read_csv(file, pyarrow.csv.ReadOptions(skip_rows=skipped), convert_options=options)


def _astropy_table(path: Path, form: str) -> pa.Table:
    from astropy.table import Table

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = Table.read(path, format=form)
    return pa.table({name: _arrow(table[name]) for name in table.colnames if table[name].ndim == 1})


def _arrow(column: Any) -> pa.Array:
    mask = np.asarray(getattr(column, "mask", np.zeros(len(column), dtype=bool)))
    values = np.asarray(column)
    if values.dtype.kind in "SO":
        texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values]
        return pa.array(texts, mask=mask)
    return pa.array(values.astype(values.dtype.newbyteorder("=")), mask=mask)
