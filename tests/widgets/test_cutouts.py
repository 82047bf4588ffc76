"""Cutouts: what counts as an image, and the static rendering."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from skyhub.errors import InvalidInput
from skyhub_widgets import CutoutTriplet
from traitlets import TraitError
from widget_support import data_url, png, stamp


@pytest.mark.parametrize("bad", [b"SIMPLE  =", "https://example.org/x.png", "data:image/svg+xml;base64,PHN2Zz4=", 3])
def test_what_is_no_image_is_refused(bad: Any) -> None:
    with pytest.raises((InvalidInput, TraitError), match=r"PNG|data URL"):
        CutoutTriplet(science=bad)


def test_bytes_become_data_urls() -> None:
    image = png(stamp(1, 100))
    widget = CutoutTriplet({"science": image, "template": data_url(stamp(1, 100))})
    assert widget.science == widget.template
    assert widget.difference is None
    widget.difference = data_url(stamp(2, 10))
    with pytest.raises(InvalidInput):
        widget.difference = "javascript:alert(1)"


def test_static_html_has_the_images_and_says_what_is_missing() -> None:
    widget = CutoutTriplet({"science": png(stamp(1, 100))}, object_id='<b>"X"', labels={"science": "New"})
    tree = ElementTree.fromstring(widget.static().html)
    assert [caption.text for caption in tree.iter("figcaption")] == ["New", "Template", "Difference"]
    assert [box.text for box in tree.findall("figure/div")] == ["not in this alert"] * 2
    assert [image.attrib["alt"] for image in tree.iter("img")] == ['New image of <b>"X"']
