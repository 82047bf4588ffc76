"""Pages for paper: notebooks that were executed, and texts, as PDF, made without files, network or a browser."""

from skyhub.paper._labels import Labels
from skyhub.paper._mimes import FACTS_MIME, TEXT_MIME
from skyhub.paper._print import MOST_BYTES, pdf_of_notebook, pdf_of_text

__all__ = ["FACTS_MIME", "MOST_BYTES", "TEXT_MIME", "Labels", "pdf_of_notebook", "pdf_of_text"]
