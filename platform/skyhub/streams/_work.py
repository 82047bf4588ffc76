"""All incoming streams of a deployment, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from functools import partial
from pathlib import Path

from skyhub.adapters import open_feed
from skyhub.alerts import AlertReader, Decoders
from skyhub.config import Brokers, BrokerStream, Streams
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.ingest import CircularIntake, Intake, NoticeIntake, Order
from skyhub.streams._receiver import ServiceReceiver

__all__ = ["work"]

_log = logging.getLogger(__name__)
_REPORT_SECONDS = 2.0
_MEMORY = "streams"
_INTAKES: dict[str, type[Intake]] = {"alerts": Intake, "notices": NoticeIntake, "circulars": CircularIntake}
_WORTH_A_PROCESS = 64
"""Messages of a batch; fewer are decoded in the thread of their stream."""


def work(
    streams: Streams, brokers: Brokers, receiver: ServiceReceiver, data_dir: Path, stop: threading.Event
) -> list[Intake]:
    """Bring streams in until told to stop; a data service that is away is waited for.

    Parameters
    ----------
    streams, brokers
        Their settings by name, and those of the brokers that some of them ask.
    receiver
        Where packets go.
    data_dir
        Where feeds remember what they have given, and where further surveys and schemas are described.
    stop
        Set to end: what is being stored is acknowledged first.

    Returns
    -------
    list of Intake
        The streams as they ended.

    Raises
    ------
    InvalidInput
        If no stream is declared, or one of a survey that is not known.
    """
    if not streams:
        raise InvalidInput("no stream is declared: name one under `streams` in the settings.", "streams")
    decoders = Decoders(partial(AlertReader.of, data_dir), apart=True, at_least=_WORTH_A_PROCESS)
    intakes = [
        _INTAKES["alerts" if isinstance(settings, BrokerStream) else settings.holds](
            name,
            settings.kind,
            partial(open_feed, name, settings, data_dir / _MEMORY, brokers, receiver),
            receiver,
            decoders,
            settings.survey,
        )
        for name, settings in streams.items()
    ]
    threads = [threading.Thread(target=intake.run, args=(stop,), name=intake.state().stream_name) for intake in intakes]
    _report(receiver, intakes)
    for thread in threads:
        thread.start()
    while not stop.wait(_REPORT_SECONDS):
        _report(receiver, intakes)
    for thread in threads:
        thread.join()
    decoders.close()
    _report(receiver, intakes)
    return intakes


def _report(receiver: ServiceReceiver, intakes: list[Intake]) -> None:
    """Say how the streams fare, and hear what is wanted of them."""
    try:
        wanted = receiver.note([intake.state() for intake in intakes])
        for intake in intakes:
            intake.obey(wanted.get(intake.state().stream_name, Order()))
    except SkyhubError as error:
        _log.info("the states of streams were not reported: %s", error)
