"""The three cutouts of an alert: science, template and difference."""

from __future__ import annotations

from html import escape
from typing import Any, ClassVar

import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._static import StaticHtml, data_url

__all__ = ["CutoutTriplet"]

KINDS = ("science", "template", "difference")
_MAGIC = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif"}
_PREFIXES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "gif", "webp"))


def image_url(image: str | bytes | None, where: str = "image") -> str | None:
    """An image as a data URL; PNG, JPEG or GIF bytes are encoded, None stays None.

    Raises
    ------
    InvalidInput
        If it is neither bytes of such an image nor a data URL of one.
    """
    if image is None or (isinstance(image, str) and image.startswith(_PREFIXES)):
        return image
    if isinstance(image, bytes):
        kind = next((kind for magic, kind in _MAGIC.items() if image.startswith(magic)), None)
        if kind:
            return data_url(f"image/{kind}", image)
    shown = image[:24] if isinstance(image, str | bytes) else type(image).__name__
    raise InvalidInput(
        f"The {where} image starts with {shown!r}. Give PNG, JPEG or GIF bytes, a data URL of such an image, or None.",
        where=where,
    )


class CutoutTriplet(SkyhubWidget):
    """Science, template and difference image side by side.

    Parameters
    ----------
    cutouts
        A card's ``cutouts``: data URLs or image bytes by kind; None where the alert has none.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    science, template, difference
        The images as data URLs, or None.
    object_id
        Name for the images' descriptions.
    labels
        Captions by kind.
    crosshair
        Whether the centre is marked; a click on the images changes it.
    size
        Widest width of one image (CSS pixels).
    """

    module = "cutouts"
    user_api: ClassVar[list[str]] = [*KINDS, "object_id", "labels", "crosshair", "size", "static", "observe", "close"]

    science = t.Unicode(None, allow_none=True).tag(sync=True)
    template = t.Unicode(None, allow_none=True).tag(sync=True)
    difference = t.Unicode(None, allow_none=True).tag(sync=True)
    object_id = t.Unicode("").tag(sync=True)
    labels = t.Dict(default_value={kind: kind.capitalize() for kind in KINDS}).tag(sync=True)
    crosshair = t.Bool(True).tag(sync=True)
    size = t.Int(220, min=30).tag(sync=True)

    def __init__(self, cutouts: dict[str, Any] | None = None, **traits: Any) -> None:
        images = {kind: (cutouts or {}).get(kind, traits.pop(kind, None)) for kind in KINDS}
        super().__init__(**{kind: image_url(image, kind) for kind, image in images.items()}, **traits)

    @t.validate(*KINDS)
    def _check_image(self, proposal: dict[str, Any]) -> str | None:
        return image_url(proposal["value"], proposal["trait"].name)

    def static(self) -> StaticHtml:
        """The images as HTML for a report."""
        return StaticHtml(cutouts_html({kind: getattr(self, kind) for kind in KINDS}, self.object_id, self.labels))


def cutouts_html(cutouts: dict[str, str | None], object_id: str, labels: dict[str, str] | None = None) -> str:
    """Three figures; a missing image is said."""
    labels = labels or {}
    figures = (_figure(kind, cutouts.get(kind), object_id, labels.get(kind, kind.capitalize())) for kind in KINDS)
    return f'<div class="skyhub-static" style="display:flex;gap:8px;flex-wrap:wrap">{"".join(figures)}</div>'


def _figure(kind: str, image: str | None, object_id: str, label: str) -> str:
    box = "width:160px;height:160px;background:#000;color:#9aa4af"
    if image_url(image, kind) is None:
        content = f'<div style="{box};display:grid;place-items:center">not in this alert</div>'
    else:
        alt = escape(f"{label} image of {object_id or 'the candidate'}")
        content = f'<img alt="{alt}" src="{escape(str(image))}" style="{box};image-rendering:pixelated"/>'
    return f'<figure style="margin:0">{content}<figcaption>{escape(label)}</figcaption></figure>'
