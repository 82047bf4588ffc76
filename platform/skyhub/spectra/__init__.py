"""Spectra: with their arrays, units, observers and the file as it came."""

from skyhub.spectra._comparison import compare_spectrum
from skyhub.spectra._models import SPECTRA, Spectrum
from skyhub.spectra._read import original_file, spectrum_table
from skyhub.spectra._request import SpectrumUpload
from skyhub.spectra._upload import upload_spectra

__all__ = [
    "KINDS",
    "SPECTRA",
    "Spectrum",
    "SpectrumUpload",
    "compare_spectrum",
    "original_file",
    "spectrum_table",
    "upload_spectra",
]

KINDS = (SPECTRA,)
