"""Small writes by many at once: comments and decisions over HTTP, acknowledged after they are on disk.

    .venv/bin/python benchmarks/writes.py [--clients 32] [--seconds 5] [--json]

A data service with the demo night runs in a process of its own; the clients, in another, each send a request, wait for
the answer and send the next. The peer is PostgreSQL (if it is installed) with as many connections that each insert one
comment a transaction, without HTTP and rights in between.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import uvloop
from _postgresql import PostgreSQL, installed
from skyhub.addresses import Address, running_service
from skyhub.client import Transport
from skyhub.hub import load_demo

GOAL_MS, GOAL_RATE = 10.0, 2000.0

Requests = Callable[[int, int], dict[str, Any]]
"""The document that a client sends as its n-th."""


class Figures(NamedTuple):
    """What was measured."""

    per_second: float
    p50: float
    p99: float


@contextmanager
def service(data_dir: Path) -> Iterator[Address]:
    """A data service in a process of its own."""
    command = [str(Path(sys.executable).parent / "skyhub"), "service", "--data-dir", str(data_dir)]
    port = 8000 + os.getpid() % 1000
    process = subprocess.Popen([*command, "--url", f"http://127.0.0.1:{port}"], stdout=subprocess.DEVNULL)
    try:
        yield awaited(data_dir, process)
    finally:
        process.terminate()
        process.wait(30)


def awaited(data_dir: Path, process: subprocess.Popen[bytes]) -> Address:
    """The address of a service, once it answers."""
    for _ in range(600):
        address = running_service(data_dir)
        if address:
            try:
                Transport(*address).get("/health")
                return address
            except Exception:
                pass
        if process.poll() is not None:
            sys.exit("The service ended before it answered.")
        time.sleep(0.05)
    sys.exit("The service did not answer within 30 s.")


async def one_client(
    host: str, port: int, head: str, bodies: Iterator[bytes], seconds: list[float], end: float
) -> None:
    """Send requests one after the other over one connection, and note how long each took."""
    reader, writer = await asyncio.open_connection(host, port)
    for body in bodies:
        begin = time.perf_counter()
        if begin > end:
            break
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        text = await reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 200"):
            sys.exit(f"refused: {text.decode()[:300]}")
        seconds.append(time.perf_counter() - begin)
    writer.close()


async def load(address: Address, path: str, document: Requests, n_clients: int, duration: float) -> Figures:
    """All clients at once."""
    host, port = address.url.removeprefix("http://").split(":")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {address.token}\r\n"
        "Content-Type: application/json\r\n"
    )

    def bodies(client: int) -> Iterator[bytes]:
        number = 0
        while True:
            yield json.dumps(document(client, number)).encode()
            number += 1

    seconds: list[float] = []
    begin = time.perf_counter()
    clients = [one_client(host, int(port), head, bodies(c), seconds, begin + duration) for c in range(n_clients)]
    await asyncio.gather(*clients)
    return summary(seconds, time.perf_counter() - begin)


def summary(seconds: list[float], elapsed: float) -> Figures:
    """Rate and percentiles."""
    ordered = sorted(seconds)
    return Figures(len(ordered) / elapsed, 1000 * ordered[len(ordered) // 2], 1000 * ordered[int(0.99 * len(ordered))])


def measure(n_clients: int, duration: float) -> dict[str, Figures]:
    """All figures of the service."""
    with tempfile.TemporaryDirectory() as folder:
        load_demo(Path(folder))
        with service(Path(folder)) as address:
            client = Transport(*address)
            entries = client.get("/api/candidates", limit=2000)["candidates"]
            for entry in entries[:n_clients]:
                client.post("/api/comments", comment(entry["object_id"], "first"))

            def comments(client: int, number: int) -> dict[str, Any]:
                return comment(entries[client % len(entries)]["object_id"], f"comment {number} of {client}")

            def decisions(client: int, number: int) -> dict[str, Any]:
                entry = entries[(client + n_clients * number) % len(entries)]
                return {"key": str(uuid.uuid4()), "candidate_id": entry["candidate_id"], "verdict": "save"}

            client.post("/api/decisions", decisions(0, 0))
            return {
                "comments": uvloop.run(load(address, "/api/comments", comments, n_clients, duration)),
                "decisions": uvloop.run(load(address, "/api/decisions", decisions, n_clients, duration)),
                "one client alone": uvloop.run(load(address, "/api/comments", comments, 1, duration)),
            }


def comment(object_id: str, text: str) -> dict[str, Any]:
    """The request that adds a comment."""
    return {"records": [{"object_id": object_id, "text": text}]}


async def insert(url: str, client: int, seconds: list[float], end: float) -> None:
    """Insert comments over one connection."""
    import psycopg

    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        number = 0
        while (begin := time.perf_counter()) < end:
            await connection.execute(
                "INSERT INTO comments (object_id, text, author, acl) VALUES (%s, %s, 'scanner', 1)",
                [f"ZTF26{client:06d}", f"comment {number} of {client}"],
                prepare=True,
            )
            seconds.append(time.perf_counter() - begin)
            number += 1


async def peer_load(url: str, n_clients: int, duration: float) -> Figures:
    """All connections at once."""
    seconds: list[float] = []
    begin = time.perf_counter()
    await asyncio.gather(*(insert(url, client, seconds, begin + duration) for client in range(n_clients)))
    return summary(seconds, time.perf_counter() - begin)


def measure_peer(n_clients: int, duration: float) -> Figures | None:
    """The same number of connections to PostgreSQL."""
    programs = installed()
    if programs is None:
        return None
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = PostgreSQL(programs, Path(folder) / "postgresql")
        stack.callback(server.stop)
        server.execute(
            "CREATE TABLE comments (comment_id bigserial PRIMARY KEY, object_id text, text text, author text, "
            "acl integer, known_at timestamp DEFAULT now()); CREATE INDEX ON comments (object_id)"
        )
        return uvloop.run(peer_load(server.url, n_clients, duration))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5, help="how long each load lasts")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    figures = measure(arguments.clients, arguments.seconds)
    peer = measure_peer(arguments.clients, arguments.seconds)
    if arguments.json:
        print(json.dumps({name: f._asdict() for name, f in {**figures, "PostgreSQL": peer}.items() if f}))
        return
    print(f"{arguments.clients} clients; goal: p50 {GOAL_MS:g} ms, {GOAL_RATE:g}/s")
    for name, f in {**figures, "PostgreSQL, no HTTP": peer}.items():
        if f:
            ratio = f", {f.per_second / peer.per_second:.2f}× PostgreSQL's rate" if peer and f is not peer else ""
            print(f"{name:20s}{f.per_second:6.0f}/s  p50 {f.p50:.1f} ms  p99 {f.p99:.1f} ms{ratio}")


if __name__ == "__main__":
    main()
