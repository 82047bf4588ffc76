"""Processes in which what users write runs: without files, network, other processes, tokens; bounded in time and memory."""

from skyhub.confined._confine import confine, confine_to_computing, die_with_parent
from skyhub.confined._keeper import Keeper, Worker, converse, keep
from skyhub.confined._wire import Message, Wire

__all__ = [
    "Keeper",
    "Message",
    "Wire",
    "Worker",
    "confine",
    "confine_to_computing",
    "converse",
    "die_with_parent",
    "keep",
]
