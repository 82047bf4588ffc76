"""Pictures that take a second or more to draw: made from plain documents by a process of their own."""

from skyhub.pictures._worker import PICTURES, PictureForm, picture_of

__all__ = ["PICTURES", "PictureForm", "picture_of"]
