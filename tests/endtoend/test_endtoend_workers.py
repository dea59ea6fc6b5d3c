"""Several processes serve one shop: what one takes, all show, and one that dies is replaced."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from assemble.shops import eventually, new_shop, row, rows
from shopkeeper.client import Refusal, ShopClient, Unreachable
from shopkeeper.records import Product
from shopkeeper.store import ShopFolder
from shopkeeper.store.sqlite import SqliteProducts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

GOODS, WORKERS = 60, 2


@dataclass
class Served:
    """`shopkeeper serve --workers`, and what is said and seen of it from outside."""

    process: subprocess.Popen[str]
    url: str

    def workers(self) -> list[int]:
        """Process ids of those that have opened the shop."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split() if _has_opened(int(pid))]

    def client(self) -> ShopClient:
        """A connection of its own: whoever is at work takes it."""
        return ShopClient(self.url, timeout_s=30)

    @contextmanager
    def only(self, worker: int) -> Iterator[ShopClient]:
        """Asks this one: the others are held, so that nobody else takes the connection."""
        others = [each for each in self.workers() if each != worker]
        assert others
        for other in others:
            os.kill(other, signal.SIGSTOP)
        try:
            with self.client() as client:
                yield client
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)

    def total_requests(self, route: str) -> float:
        text = httpx.get(f"{self.url}/metrics", timeout=30).text
        lines = re.findall(r"^shopkeeper_requests_total\{(.*)\} (.*)$", text, re.MULTILINE)
        return sum(float(value) for labels, value in lines if f'route="{route}"' in labels)


def _has_opened(process: int) -> bool:
    """A worker; multiprocessing's own tracker is a child of the supervisor too."""
    with suppress(OSError):
        return b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False


@contextmanager
def served(root: Path, *, ends_by: signal.Signals = signal.SIGTERM) -> Iterator[Served]:
    command = "from shopkeeper.cli import main; main()"
    arguments = ["serve", "--shop", str(root), "--port", "0", "--workers", str(WORKERS)]
    with subprocess.Popen(
        [sys.executable, "-c", command, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    ) as process:
        try:
            said = ""
            while "http://" not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
            found = Served(process, said[said.index("http://") :].split("/   ")[0])
            eventually(lambda: _is_ready(found), 60)
            yield found
            if ends_by == signal.SIGINT:
                os.killpg(process.pid, ends_by)
            else:
                process.send_signal(ends_by)
            _, errors = process.communicate(timeout=60)
            if ends_by != signal.SIGKILL:
                assert process.returncode == 0
                assert "Traceback" not in errors
        finally:
            if process.poll() is None:
                for worker in found.workers():
                    os.kill(worker, signal.SIGCONT)
                process.terminate()


def _is_ready(found: Served) -> bool:
    """Every worker answers, each asked alone."""
    workers = found.workers()
    if len(workers) < WORKERS:
        return False
    for worker in workers:
        with found.only(worker) as client, suppress(Unreachable):
            if client.status().ready:
                continue
        return False
    return True


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_shop(tmp_path_factory.mktemp("workers") / "shop", rows(GOODS))


@pytest.fixture(scope="module")
def shop(root: Path) -> Iterator[Served]:
    with served(root) as found:
        yield found


def test_what_one_worker_takes_all_show(shop: Served) -> None:
    for turn, worker in enumerate(shop.workers()):
        with shop.only(worker) as client:
            client.put(Product.from_dict(row(500 + turn, title=f"zither number {turn}")))
            assert f"p{500 + turn}" in {hit.id for hit in client.search("zither").hits}
    for worker in shop.workers():
        for turn in range(WORKERS):

            def finds(worker: int = worker, turn: int = turn) -> bool:
                with shop.only(worker) as client:
                    return f"p{500 + turn}" in {hit.id for hit in client.search("zither").hits}

            eventually(finds)


def test_changes_in_all_workers_at_once_lose_nothing(shop: Served) -> None:
    """Each caller adds attributes of its own to one product, merged with what is there."""
    with shop.client() as client:
        client.put(Product.from_dict(row(600)))

    def change(caller: int) -> None:
        for turn in range(7):
            with shop.client() as client:
                client.patch("p600", {"attributes": {f"a{caller}-{turn}": "yes"}})

    callers = [threading.Thread(target=change, args=(n,)) for n in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    with shop.client() as client:
        kept = client.get("p600")
    assert {f"a{n}-{turn}" for n in range(6) for turn in range(7)} <= set(kept.attributes)


def test_a_scrape_of_any_worker_is_of_all(shop: Served) -> None:
    before = shop.total_requests("/v1/suggest")
    for worker in shop.workers():
        with shop.only(worker) as client:
            for _ in range(5):
                client.suggest("te")
    for worker in shop.workers():
        with shop.only(worker):
            assert shop.total_requests("/v1/suggest") == before + 5 * WORKERS
            text = httpx.get(f"{shop.url}/metrics").text
            assert 'shopkeeper_pool_requests{pool="read",shop_id="shop"} 0.0' in text
            [most] = re.findall(r'requests_most\{pool="read",.*\} (.*)', text)
            assert 1 <= float(most) <= 72


def test_a_worker_killed_amid_writes_costs_no_acknowledged_one(shop: Served, root: Path) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def write(writer: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            given = Product.from_dict(row(turn, id=f"w{writer}-{turn}", title="sackbut"))
            with suppress(Unreachable, Refusal), shop.client() as client:
                client.put(given)
                acknowledged.append(given.id)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for writer in writers:
        writer.start()
    try:
        eventually(lambda: len(acknowledged) > 20)
        counted = shop.total_requests("/v1/products/{id:path}")
        first, *_ = before = shop.workers()
        os.kill(first, signal.SIGKILL)
        so_far = len(acknowledged)
        eventually(lambda: len(acknowledged) > so_far + 20)
        eventually(lambda: first not in shop.workers() and len(shop.workers()) == WORKERS, 60)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert len(set(shop.workers()) - set(before)) == 1
    eventually(lambda: _is_ready(shop), 60)
    for worker in shop.workers():
        with shop.only(worker) as client:
            found: set[str] = set()
            for page in range(1, 2 + len(acknowledged) // 200):
                found |= {hit.id for hit in client.search("sackbut", size=200, page=page).hits}
            assert set(acknowledged) <= found
    with SqliteProducts(ShopFolder(root).products) as products:
        assert set(acknowledged) <= set(products.read(acknowledged))
    # What the dead one counted is not forgotten, and nothing of it is still at work.
    assert shop.total_requests("/v1/products/{id:path}") >= counted
    text = httpx.get(f"{shop.url}/metrics").text
    assert 'shopkeeper_pool_requests{pool="write",shop_id="shop"} 0.0' in text


@pytest.mark.slow
def test_workers_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    root = new_shop(tmp_path / "shop", rows(20))
    with served(root, ends_by=signal.SIGKILL) as found:
        workers = found.workers()
        url = found.url
    eventually(lambda: not any(_has_opened(worker) for worker in workers), 60)
    with pytest.raises(Unreachable), ShopClient(url) as client:
        client.status()


@pytest.mark.slow
def test_ctrl_c_ends_supervisor_and_workers(tmp_path: Path) -> None:
    """The terminal sends it to all of them at once."""
    root = new_shop(tmp_path / "shop", rows(20))
    with served(root, ends_by=signal.SIGINT) as found:
        workers = found.workers()
    assert not any(_has_opened(worker) for worker in workers)


def failing(root: Path) -> str:
    """What is said when it does not come up."""
    command = "from shopkeeper.cli import main; main()"
    arguments = ["serve", "--shop", str(root), "--workers", "2", "--port", "0"]
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_where_there_is_no_shop_nothing_is_started(tmp_path: Path) -> None:
    assert failing(tmp_path).startswith(f"shopkeeper: {tmp_path}: no shop here")


@pytest.mark.slow
def test_a_shop_that_no_worker_can_open_ends_the_supervisor_too(tmp_path: Path) -> None:
    root = new_shop(tmp_path / "shop", rows(20))
    [damaged] = ShopFolder(root).artefacts.glob("index/2*/text_keys.npy")
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\xff")
    said = failing(root)
    assert "text_keys.npy" in said
    assert "no worker could open the shop" in said
