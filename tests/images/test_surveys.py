"""Survey images from a server that speaks hips2fits: what is asked, what it may do wrong, what is kept, who is told."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from pydantic import ValidationError
from skyhub.config import ImageService, load_settings
from skyhub.db import Database
from skyhub.errors import InvalidInput, NotFound, Unavailable
from skyhub.images import survey_image
from skyhub.images._surveys import SurveyDesk
from skyhub.ports import free_port
from skyhub.sources import save_source
from support.brokers import Asked, BrokerServer, Reply, broker_server
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR
from support.services import Served

SURVEYS = {"Deep": "CDS/P/deep", "Shallow": "CDS/P/shallow"}
NOTHING = {"survey": None, "width_arcsec": None, "image": None, "why": None}


def _jpeg(*colours: tuple[int, int, int]) -> bytes:
    """Stripes of colours; of one colour it is blank."""
    image, out = Image.new("RGB", (32, 32)), BytesIO()
    for column in range(32):
        image.paste(colours[column % len(colours)], (column, 0, column + 1, 32))
    image.save(out, "JPEG")
    return out.getvalue()


BLANK, DEEP, SHALLOW = _jpeg((0, 0, 0)), _jpeg((0, 0, 0), (255, 200, 40)), _jpeg((10, 10, 10), (90, 90, 250))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BrokerServer]:
    """A service that has the first survey north of the equator alone, and is named in the settings."""

    def cut(asked: Asked) -> Reply:
        has = asked.given["hips"] == "CDS/P/shallow" or float(asked.given["ra"]) < 150.5
        body = (DEEP if asked.given["hips"] == "CDS/P/deep" else SHALLOW) if has else BLANK
        return Reply(body, headers={"Content-Type": "image/jpeg"})

    with broker_server() as service:
        service.answers["/hips2fits"] = cut
        monkeypatch.setenv("SKYHUB_IMAGES__URL", f"{service.url}/hips2fits")
        monkeypatch.setenv("SKYHUB_IMAGES__SURVEYS", '{"Deep": "CDS/P/deep", "Shallow": "CDS/P/shallow"}')
        monkeypatch.setenv("SKYHUB_IMAGES__TIMEOUT_SECONDS", "0.4")
        yield service


def _image(found: dict[str, str]) -> bytes:
    return b64decode(found["image"].removeprefix("data:image/jpeg;base64,"))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"url": "hips2fits"},
        {"url": "file:///etc/passwd"},
        {"url": "http://x", "surveys": {}},
        {"url": "http://x", "pixels": 5000},
        {"url": "http://x", "width_arcsec": 0},
        {"url": "http://x", "timeout_seconds": 0},
        {"url": "http://x", "token": "t"},
    ],
)
def test_settings_that_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ImageService.model_validate(given)


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_IMAGES__URL", "hips2fits")
    with pytest.raises(InvalidInput, match="SKYHUB_IMAGES has url"):
        load_settings()


def test_without_a_service_nobody_is_asked(house: Database) -> None:
    assert survey_image(house, SCANNER, "ZTF26public") == NOTHING


def test_of_an_object_that_one_may_not_see_nobody_is_asked(house: Database, server: BrokerServer) -> None:
    for viewer, name in ((OTHER, "ZTF26partner"), (VISITOR, "ZTF26partner"), (SCANNER, "ZTF26nowhere")):
        with pytest.raises(NotFound, match="among those that you may see"):
            survey_image(house, viewer, name)
    assert server.asked == []


def test_the_first_survey_that_has_the_place(house: Database, server: BrokerServer) -> None:
    found = survey_image(house, SCANNER, "ZTF26public")
    assert (found["survey"], found["width_arcsec"], found["why"], _image(found)) == ("Deep", 60, None, DEEP)
    [asked] = server.asked
    ra, dec = (float(asked.given.pop(name)) for name in ("ra", "dec"))
    [place] = house.reader.rows(SCANNER, "SELECT ra, dec FROM @objects WHERE object_id = 'ZTF26public'")
    assert (ra, dec) == (place["ra"], place["dec"])
    assert float(asked.given.pop("fov")) == pytest.approx(1 / 60)
    size = {"width": "300", "height": "300"}
    assert asked.given == {"hips": "CDS/P/deep", "projection": "TAN", "coordsys": "icrs", "format": "jpg", **size}
    found = survey_image(house, SCANNER, "ZTF26partner")
    assert (found["survey"], _image(found)) == ("Shallow", SHALLOW)


def test_where_no_survey_has_anything(house: Database, server: BrokerServer) -> None:
    server.answers["/hips2fits"] = lambda asked: Reply(BLANK)
    found = survey_image(house, SCANNER, "ZTF26public")
    assert found == {**NOTHING, "why": "no survey that is asked has this place."}
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Reply(DEEP, after=1.0), "within 0.4 s"),
        (Reply(b"", 503), r"failed at this \(503\)"),
        (Reply(b"", 302, {"Location": "http://127.0.0.1:1/"}), "status 302"),
        (Reply(b"<html>Log in</html>"), "in place of an image"),
        (Reply(b"\x89PNG\r\n\x1a\n" + b"0" * 80), "in place of a JPEG image"),
        (Reply(DEEP[:200]), "cannot be read"),
        (Reply(DEEP, cut=100), "does not answer"),
    ],
    ids=["slow", "503", "redirect", "HTML", "PNG", "half a JPEG", "half a body"],
)
def test_what_goes_wrong_is_said_and_nothing_is_kept(
    house: Database, server: BrokerServer, fault: Reply, words: str
) -> None:
    save_source(house, SCANNER, "ZTF26public", ["transients"])
    server.faults = [fault]
    with pytest.raises(Unavailable, match=words):
        survey_image(house, SCANNER, "ZTF26public")
    assert not list((house.data_dir / "images").glob("*"))


def test_a_service_that_is_not_there_is_left_alone(house: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_IMAGES__URL", f"http://127.0.0.1:{free_port()}/hips2fits")
    reasons = []
    for _ in range(4):
        with pytest.raises(Unavailable) as refused:
            survey_image(house, SCANNER, "ZTF26public")
        reasons.append(refused.value.message)
    assert "does not answer" in reasons[0]
    assert len(set(reasons[:3])) <= 3
    health = house.part(SurveyDesk)._opened()._http.health.state  # not asked again for a while
    assert health.next_try_at is not None


def test_images_of_sources_are_kept(house: Database, server: BrokerServer) -> None:
    """For those whose groups have them as sources; a survey that has nothing there is not asked again either."""
    save_source(house, SCANNER, "ZTF26partner", ["transients"])
    first = survey_image(house, COLLEAGUE, "ZTF26partner")
    survey_image(house, COLLEAGUE, "ZTF26public")
    assert (len(server.asked), len(list((house.data_dir / "images").iterdir()))) == (3, 2)
    house.part(SurveyDesk).close()
    server.faults = [Reply(b"", 500)] * 9
    assert survey_image(house, COLLEAGUE, "ZTF26partner") == first
    with pytest.raises(Unavailable):
        survey_image(house, COLLEAGUE, "ZTF26public")


def test_over_http(server: BrokerServer, served: Served) -> None:
    with served.sky(SCANNER) as sky:
        assert _image(sky.survey_image("ZTF26public")) == DEEP
    with served.sky(OTHER) as sky, pytest.raises(NotFound):
        sky.survey_image("ZTF26partner")
    server.faults = [Reply(b"", 500)]
    with served.sky(SCANNER) as sky, pytest.raises(Unavailable):
        sky.survey_image("ZTF26public")
