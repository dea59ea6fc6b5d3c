"""Do the container's files agree with the code? And do their steps run?

There is no container engine to ask. So the files are read as an engine reads them, names and ports
are held against the code, and each step that needs no engine is run, in a folder of its own.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import pytest
import typer
import yaml

from house.pages import ROOT, read
from shopkeeper.assemble.settings import FILE_NAME
from shopkeeper.cli.app import app
from shopkeeper.serve.app import ROUTES
from shopkeeper.serve.settings import KEY_VARIABLE, SHORTEST_KEY
from shopkeeper.store import ShopFolder

CHART = "deploy/helm/shopkeeper"
SHOP = "/shops/shop"
VERSION = tomllib.loads(read("pyproject.toml"))["project"]["version"]


class Step(NamedTuple):
    stage: int
    word: str
    text: str


def steps() -> Iterator[Step]:
    """The Dockerfile's instructions, comments gone and lines joined."""
    lines = (line for line in read("Dockerfile").splitlines() if not line.startswith("#"))
    stage = -1
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, text = line.split(maxsplit=1)
            stage += word == "FROM"
            yield Step(stage, word, " ".join(text.split()))


def given(word: str) -> list[str]:
    return [step.text for step in steps() if step.word == word]


def chart(name: str) -> Any:
    return yaml.safe_load(read(f"{CHART}/{name}"))


def template(name: str) -> str:
    return read(f"{CHART}/templates/{name}.yaml")


def parse(words: list[str]) -> dict[str, Any]:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    called, command, rest = group.resolve_command(typer.Context(group), words)
    assert command is not None
    with command.make_context(called, rest) as context:
        return dict(context.params)


PORT = parse(["up"])["port"]


# --- names, ports, versions ----------------------------------------------------------------------


def test_every_file_says_that_no_engine_has_run_it() -> None:
    for file in ("Dockerfile", "compose.yaml", f"{CHART}/Chart.yaml"):
        assert re.search(r"No (container engine|cluster) has", read(file)), file


def test_the_command_is_ours_and_listens_where_it_is_looked_for() -> None:
    (command,), (exposed,) = given("CMD"), given("EXPOSE")
    serve = parse(json.loads(command))
    assert (str(serve["shop"]), serve["host"], serve["port"]) == (SHOP, "0.0.0.0", PORT)
    assert int(exposed) == PORT
    (health,) = given("HEALTHCHECK")
    assert f"http://127.0.0.1:{PORT}/readyz" in health
    assert given("VOLUME") == ["/shops"]
    assert f"SHOP={SHOP}" in " ".join(given("ENV"))


def test_nobody_is_root_and_no_key_is_built_in() -> None:
    (user,) = given("USER")
    assert user == "10001:10001"
    pod = template("statefulset")
    assert f"runAsUser: {user.split(':')[0]}" in pod
    assert "runAsNonRoot: true" in pod
    assert KEY_VARIABLE not in "".join(given("ENV") + given("ARG") + given("RUN"))


def test_the_interpreter_and_uv_are_those_of_the_project() -> None:
    pins = dict(re.findall(r"^([\w-]+)==([\w.]+)$", read("constraints.txt"), re.MULTILINE))
    assert f"uv=={pins['uv']}" in "".join(given("RUN"))
    oldest = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"]
    assert given("FROM")[0].startswith(f"python:{oldest.removeprefix('>=')}-slim")


def test_what_is_copied_is_there_and_sent() -> None:
    sent = {line.removeprefix("!") for line in read(".dockerignore").splitlines() if "!" in line}
    copied = [words for text in given("COPY") if "--from" not in (words := text)]
    assert copied
    for text in copied:
        *sources, _ = [word for word in text.split() if not word.startswith("--")]
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in sent or str(Path(source).parent) in sent, source


def test_compose_opens_a_shop_with_a_key() -> None:
    file = yaml.safe_load(read("compose.yaml"))
    shop = file["services"]["shop"]
    up = parse(shop["command"])
    assert (str(up["shop"]), up["host"], up["port"]) == (SHOP, "0.0.0.0", PORT)
    assert set(shop["environment"]) == {KEY_VARIABLE, "SHOP_PASSWORD", "CACHE_PASSWORD"}
    assert shop["image"] == f"shopkeeper:{VERSION}"
    assert shop["ports"] == [f"127.0.0.1:${{PORT:-{PORT}}}:{PORT}"]
    assert "shops" in {mount.split(":")[0] for mount in shop["volumes"]}


def test_compose_has_databases_for_those_who_ask() -> None:
    """Under a profile, with the passwords that the addresses in `shop.toml` name."""
    text = read("compose.yaml")
    file = yaml.safe_load(text)
    services = file["services"]
    assert "profiles" not in services["shop"]
    databases = {name: one for name, one in services.items() if name != "shop"}
    assert {name: one["profiles"] for name, one in databases.items()} == {
        "postgres": ["databases"],
        "redis": ["databases"],
    }
    mounts = [mount for one in services.values() for mount in one["volumes"]]
    assert set(file["volumes"]) <= {mount.split(":")[0] for mount in mounts}
    assert "postgresql://shop:${SHOP_PASSWORD}@postgres/shops" in text
    assert databases["postgres"]["environment"] == {
        "POSTGRES_USER": "shop",
        "POSTGRES_DB": "shops",
        "POSTGRES_PASSWORD": "${SHOP_PASSWORD:-}",
    }
    assert "redis://:${CACHE_PASSWORD}@redis/0" in text
    assert "${CACHE_PASSWORD:-}" in databases["redis"]["command"]
    for extra in ("postgres", "redis"):
        assert extra in re.findall(r"'\.\[([\w,]+)\]'", read("Dockerfile"))[0].split(",")


def test_the_chart_has_our_version_ports_and_addresses() -> None:
    about, pod = chart("Chart.yaml"), template("statefulset")
    assert about["appVersion"] == VERSION
    addresses = {route.path for route in ROUTES}
    asked = set(re.findall(r"path: (/\w+)", pod))
    assert asked == {"/healthz", "/readyz", "/metrics"}
    assert asked <= addresses
    assert set(re.findall(r"(?:containerPort|prometheus.io/port): \"?(\d+)", pod)) == {str(PORT)}
    assert KEY_VARIABLE in pod
    assert chart("values.yaml")["keys"]["existingSecretKey"] == KEY_VARIABLE
    assert f"{KEY_VARIABLE}: " in template("secret")


def test_the_pod_is_given_options_that_there_are() -> None:
    args = re.findall(r"^ +- (--[\w-]+)$", template("statefulset"), re.MULTILINE)
    assert len(args) == 6
    serve = parse(["serve", "--shop", SHOP])
    assert {arg.removeprefix("--").replace("-", "_") for arg in args} <= set(serve)


def test_values_are_those_of_the_schema() -> None:
    schema, values = json.loads(read(f"{CHART}/values.schema.json")), chart("values.yaml")
    check = jsonschema_rs.validator_for(schema)
    check.validate(values)
    assert set(values) == set(schema["properties"]) - {"global"}
    used = set(re.findall(r"\.Values\.([\w.]+)", "".join(map(template, TEMPLATES))))
    for name in used:
        found = values
        for key in name.split("."):
            assert key in found, name
            found = found[key]
    shortest = {**values, "keys": {**values["keys"], "value": "x" * SHORTEST_KEY}}
    check.validate(shortest)
    for wrong in (
        {"keys": {**values["keys"], "value": "x" * (SHORTEST_KEY - 1)}},
        {"shop": {"dmeo": True}},
        {"ingress": {**values["ingress"], "enabled": True}},
        {"persistence": {**values["persistence"], "accessModes": ["ReadWriteMany"]}},
    ):
        assert not check.is_valid({**values, **wrong}), wrong


TEMPLATES = sorted(path.stem for path in (ROOT / CHART / "templates").glob("*.yaml"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_block_of_a_template_is_closed(name: str) -> None:
    depth = 0
    for action in re.findall(r"\{\{-? *(\w+)", template(name)):
        depth += (action in ("if", "range", "with")) - (action == "end")
        assert depth >= 0
    assert depth == 0
    assert 'name: {{ include "shopkeeper.name" . }}' in template(name)


# --- the steps ---------------------------------------------------------------------------------


def entry(shop: Path, *words: str, encoders: Path) -> subprocess.Popen[str]:
    """The entry point as the container calls it, with a command that only says what it was told."""
    tools = shop.parent / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "shopkeeper").write_text('#!/bin/sh\necho "shopkeeper $*"\n')
    (tools / "shopkeeper").chmod(0o755)
    path = os.pathsep.join((str(tools), os.environ["PATH"]))
    return subprocess.Popen(
        [ROOT / "deploy/docker/entrypoint.sh", *words],
        env={"PATH": path, "SHOP": str(shop), "ENCODERS": str(encoders)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_entry_point_gives_the_graph_and_waits_for_a_shop(tmp_path: Path) -> None:
    shop, encoders = tmp_path / "shop", tmp_path / "encoders"
    (encoders / "encoder-1" / "v").mkdir(parents=True)
    (encoders / "encoder-1" / "v" / "graph.onnx").write_bytes(b"graph")
    out, _ = entry(shop, "search", "red tent", encoders=encoders).communicate(timeout=30)
    assert out == "shopkeeper search red tent\n"
    copied = shop / "encoders" / "encoder-1" / "v" / "graph.onnx"
    assert copied.read_bytes() == b"graph"
    copied.write_bytes(b"the shop's own")
    assert ShopFolder(shop).registry.name == "registry.json"
    waiting = entry(shop, "serve", encoders=encoders)
    assert waiting.stderr is not None
    assert "shopkeeper ingest FEED" in waiting.stderr.readline()
    assert waiting.poll() is None
    ShopFolder(shop).registry.touch()
    out, _ = waiting.communicate(timeout=30)
    assert out == "shopkeeper serve\n"
    assert copied.read_bytes() == b"the shop's own"


def test_a_waiting_container_ends_when_it_is_told_to(tmp_path: Path) -> None:
    waiting = entry(tmp_path / "shop", "serve", encoders=tmp_path / "none")
    assert waiting.stderr is not None
    waiting.stderr.readline()
    waiting.send_signal(signal.SIGTERM)
    waiting.communicate(timeout=30)
    assert waiting.returncode == 143


@pytest.mark.slow
def test_the_image_builds_step_by_step(tmp_path: Path) -> None:
    """Every RUN but the one that makes a user; then the container's command on a small shop."""
    work = tmp_path / "src"
    work.mkdir()
    venv.create(tmp_path / "python", with_pip=True)

    def moved(text: str) -> str:
        for place in ("/opt/", "/shops/"):
            text = re.sub(rf"(?<![\w/]){place}", f"{tmp_path}{place}", text)
        return text

    path = os.pathsep.join((str(tmp_path / "python" / "bin"), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "VIRTUAL_ENV": ""}
    if links := os.environ.get("PIP_FIND_LINKS"):
        environment["UV_FIND_LINKS"] = links
    else:
        environment["UV_TORCH_BACKEND"] = "cpu"
    ran = 0
    for step in steps():
        if step.word == "COPY" and "--from" not in step.text and "--chmod" not in step.text:
            *sources, _ = step.text.split()
            for source in sources:
                target = work / (Path(source).name if source.startswith("deploy") else source)
                subprocess.run(["cp", "-R", ROOT / source, target], check=True)
        elif step.word == "RUN" and not step.text.startswith("useradd"):
            done = subprocess.run(
                ["/bin/sh", "-c", moved(step.text)],
                cwd=work,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{step.text}\n{done.stderr}"
            ran += 1
    assert ran == 3
    runtime = tmp_path / "opt" / "shopkeeper"
    assert not list(runtime.glob("lib/*/site-packages/torch")), "torch is for the export alone"
    feed = tmp_path / "feed.jsonl"
    feed.write_text('{"id": "t", "title": "Red tent"}\n{"id": "k", "title": "Kettle"}\n')
    shop = tmp_path / "shops" / "shop"
    inside = {
        "PATH": os.pathsep.join((str(runtime / "bin"), os.environ["PATH"])),
        "SHOP": str(shop),
        "ENCODERS": str(tmp_path / "opt" / "encoders"),
        "HOME": str(tmp_path),
    }
    for words in (
        ["ingest", str(feed), "--shop", str(shop)],
        ["encode", "--shop", str(shop)],
        ["search", "shelter", "--shop", str(shop)],
    ):
        done = subprocess.run(
            [ROOT / "deploy/docker/entrypoint.sh", *words],
            env=inside,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stderr}"
    assert "\tt\t" in done.stdout, "found by meaning alone"
    assert (shop / FILE_NAME).exists()
