"""The load is offered as it is said to be, and the figures are those of what came back."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import repeat
from threading import Thread

import pytest

from assemble.shops import new_shop, rows
from serve.corner_shop import CornerShop
from shopkeeper.assemble.load_bench import (
    SHARES,
    LoadConfig,
    LoadReport,
    level,
    measure_load,
    memory_mb,
)
from shopkeeper.assemble.load_generator import Answer, Target, closed_loop, open_loop
from shopkeeper.cli import main
from shopkeeper.experiment.load_page import load_tables
from shopkeeper.records import Deadline, InvalidRequest, NotFound, SearchRequest, SearchResponse
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.app import create_server


def test_the_figures_of_a_level_by_hand() -> None:
    pages = [Answer(200, float(ms), 1.0) for ms in range(1, 101)]  # 1 … 100 ms
    pages[0] = Answer(200, 1.0, 9.0, is_degraded=True)
    refused = [Answer(503, 5.0, names_retry=True)] * 59 + [Answer(503, 7.0)]
    found = level(3.0, 20.0, [*pages, *refused, Answer(0, 1.0), Answer(500, 1.0)], 72)
    # 162 asked at 20 a second are 8.1 s.
    assert (found.asked, found.pages_per_s) == (162, pytest.approx(100 / 8.1))
    assert (found.p50_ms, found.p99_ms, found.p999_ms) == (50.0, 99.0, 100.0)
    assert found.refused_share == 60 / 162
    assert (found.refused_p99_ms, found.refused_without_retry) == (7.0, 1)
    assert (found.failed, found.degraded_share, found.late_p99_ms) == (2, 0.01, 1.0)
    nothing = level(1.0, 20.0, [Answer(0, 1.0)], None)
    assert (nothing.p50_ms, nothing.failed, nothing.degraded_share) == (None, 1, 0.0)


def test_the_tables_of_the_page_by_hand() -> None:
    pages = [Answer(200, float(ms), 1.0) for ms in range(1, 101)]
    refused = [Answer(503, 5.0, names_retry=True)] * 60
    levels = (level(1.0, 20.0, pages, None), level(3.0, 20.0, [*pages, *refused], 72))
    report = LoadReport(4, "Simulated goods.", 21.4, 1_792, levels, 352.6, None)
    run = {"workers": 2, "report": asdict(report)}
    found = [line.strip("| ").split(" | ") for line in load_tables([run]).splitlines()]
    # 100 pages at 20 a second are 5 s of pages; with 60 refused it is 8 s.
    assert found[2] == ["2", "21", "1,792", "353 → -"]
    assert found[-2:] == [
        ["2", "1", "20", "20", "0.0%", "0.0%", "0", "50 / 99 / 100", "-", "-", "1.0"],
        ["2", "3", "20", "12", "37.5%", "0.0%", "0", "50 / 99 / 100", "5", "72", "1.0"],
    ]


@contextmanager
def stalling(seconds: float) -> Iterator[str]:
    """A server that answers one request after the other, each in so many seconds."""
    loop, ready = asyncio.new_event_loop(), []
    turn = asyncio.Lock()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                async with turn:
                    await asyncio.sleep(seconds)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        except asyncio.IncompleteReadError:
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ready.append((server.sockets[0].getsockname()[1], asyncio.current_task()))
        await server.serve_forever()

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serve())

    thread = Thread(target=run)
    thread.start()
    while not ready:
        time.sleep(0.01)
    port, task = ready[0]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


def test_a_stall_costs_everyone_who_would_have_come() -> None:
    """Twice what the server can do: by the end of a second the wait is half a second long."""
    with stalling(0.04) as url:
        target = Target(url)
        closed, _ = asyncio.run(closed_loop(target, repeat("/"), 1, 0.5))
        opened = asyncio.run(open_loop(Target(url), repeat("/"), 50.0, 1.0, seed=3))
    assert len(opened) == 50  # asked, though the server cannot keep up
    assert {answer.status for answer in closed + opened} == {200}
    typical = sorted(answer.latency_ms for answer in closed)[len(closed) // 2]
    assert max(answer.latency_ms for answer in opened) > 5 * typical


def test_a_connection_that_the_server_has_closed_is_no_failure() -> None:
    async def ask() -> list[Answer]:
        answers = []
        closed = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
            writer.close()  # without a word before, as after a long silence
            await writer.wait_closed()
            closed.set()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        target = Target(f"http://127.0.0.1:{port}")
        for _ in range(3):
            answers.append(await target.measured("/", time.perf_counter()))
            await closed.wait()
            await asyncio.sleep(0.05)  # until its end has arrived here
            closed.clear()
        target.close()
        server.close()
        return answers

    assert [answer.status for answer in asyncio.run(ask())] == [200] * 3


class SlowShop(CornerShop):
    """Takes its time."""

    def search(self, request: SearchRequest, deadline: Deadline | None = None) -> SearchResponse:
        time.sleep(0.02)
        return super().search(request)


def test_a_full_server_is_seen_to_refuse_and_to_keep_its_bound() -> None:
    settings = ServeSettings(port=0, readers=1, waiting=8)
    server = create_server(SlowShop(), settings)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        heard: list[str] = []
        report = measure_load(
            f"http://127.0.0.1:{port}", LoadConfig(seconds=1.0, callers=4), tell=heard.append
        )
    finally:
        server.should_exit = True
        thread.join()
    # Fell waterproof tent 2, Beach tent 1, Cup <script>alert(1)</script> & co 3, Enamel mug 1.
    assert report.queries == 7
    assert (report.products, report.notice) == (4, SlowShop().status().notice)
    assert [level.share for level in report.levels] == list(SHARES)
    assert 0 < report.capacity_per_s <= 50
    *_, crowd = report.levels
    assert crowd.asked == round(3 * report.capacity_per_s)
    assert crowd.refused_share > 0
    assert (crowd.refused_without_retry, crowd.failed) == (0, 0)
    assert crowd.queue_most == settings.readers + settings.waiting
    assert report.memory_before_mb is None
    assert len(heard) == 3 + len(SHARES)


def test_nobody_there_and_no_address() -> None:
    with pytest.raises(NotFound, match="no shop answers"):
        measure_load("http://127.0.0.1:1", LoadConfig())
    with pytest.raises(InvalidRequest, match="http://host:port"):
        measure_load("127.0.0.1:8080", LoadConfig())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_whole_command(tmp_path, capsys, monkeypatch) -> None:
    root = new_shop(tmp_path / "shop", rows(60))
    line = ["bench", "load", "--shop", str(root), "--seconds", "0.5", "--json"]
    line += ["--out", str(tmp_path / "docs")]
    monkeypatch.setattr(sys, "argv", ["shopkeeper", *line])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code in (0, None)
    out, err = capsys.readouterr()
    [found] = json.loads(out)
    assert found["workers"] == 1
    assert found["report"]["capacity_per_s"] > 0
    assert found["report"]["memory_before_mb"] > 20
    assert memory_mb(None) is None
    page = (tmp_path / "docs/load.md").read_text()
    assert json.loads((tmp_path / "docs/load.json").read_text()) == [found]
    assert page.endswith(load_tables([found]))
    assert load_tables([found]).strip() in err
    assert "60 products.\n\nThe capacity" in page  # a real shop has no notice
