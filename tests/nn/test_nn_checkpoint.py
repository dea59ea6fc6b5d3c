"""Does a checkpoint come back as it was, and is a broken one said?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import BertConfig, BertForMaskedLM, LlamaForCausalLM, PreTrainedTokenizerFast

from shopkeeper.nn import (
    ModelCard,
    count_parameters,
    load_language_model,
    prompt_ids,
    save_checkpoint,
    weights_sha256,
)
from shopkeeper.records import CorruptArtefact, InvalidRecord, InvalidRequest, NotFound, Refused

CARD = ModelCard(
    title="A small model",
    data=("corpus@3", 'texts: "quoted", 帐篷'),
    seed=7,
    scale="tiny",
    scores={"accuracy@report": 0.5, "macro_f1@report": 0.25},
    text="For tests.",
)


@pytest.fixture
def folder(tmp_path: Path, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> Path:
    save_checkpoint(tmp_path / "models" / "one", model, tokenizer, CARD)
    return tmp_path / "models" / "one"


def test_a_saved_model_opens_and_answers_the_same(
    folder: Path, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    for source in (folder, str(folder)):
        opened = load_language_model(source)
        ids = torch.tensor([prompt_ids(opened.tokenizer, "a red lamp<ans>")])
        assert ids.tolist() == [prompt_ids(tokenizer, "a red lamp<ans>")]
        assert torch.equal(opened.model(ids).logits, model(ids).logits)
        assert not opened.model.training
    assert load_language_model(folder, dtype=torch.bfloat16).model.dtype == torch.bfloat16
    assert sorted(path.suffix for path in folder.iterdir()) == [".json"] * 4 + [
        ".md",
        ".safetensors",
    ]


def test_the_card_tells_what_it_is(folder: Path, model: LlamaForCausalLM) -> None:
    _, head, text = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    assert yaml.safe_load(head) == {
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "license": "apache-2.0",
        "data": list(CARD.data),
        "seed": 7,
        "scale": "tiny",
        "scores": CARD.scores,
        "parameters": count_parameters(model),
        "weights_sha256": load_language_model(folder).weights_sha256,
    }
    for words in ("# A small model", "For tests.", "From: random weights", "| 0.2500 |"):
        assert words in text
    with pytest.raises(InvalidRecord, match="without title or data"):
        ModelCard(title="", data=("x",), seed=0, scale="tiny")


def test_the_hash_follows_the_weights_and_nothing_else(
    folder: Path, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    again = save_checkpoint(tmp_path / "again", model, tokenizer, CARD)
    assert again == weights_sha256(folder)
    (folder / "README.md").write_text("other words")
    assert weights_sha256(folder) == again
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    assert weights_sha256(folder) != again


def test_what_is_saved_is_never_changed(
    folder: Path, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    before = weights_sha256(folder)
    with pytest.raises(Refused, match="already there"):
        save_checkpoint(folder, model, tokenizer, CARD)
    assert weights_sha256(folder) == before


def test_a_failure_while_saving_leaves_nothing(
    tmp_path: Path, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    """The last thing that is written before the folder appears is what fails here."""
    unwritable = ModelCard(title="\ud800", data=("x",), seed=0, scale="tiny")
    with pytest.raises(UnicodeEncodeError):
        save_checkpoint(tmp_path / "one", model, tokenizer, unwritable)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", "no config.json; expected a model's folder"),
        ("tokenizer.json", "no tokenizer.json; expected a fast tokenizer beside the weights"),
        ("model.safetensors", "no model.safetensors; expected weights as safetensors"),
    ],
)
def test_a_missing_file_is_named(folder: Path, name: str, message: str) -> None:
    (folder / name).unlink()
    with pytest.raises(NotFound, match=f"{re.escape(str(folder))}: {message}"):
        load_language_model(folder)


def test_weights_of_another_kind_are_not_read(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(NotFound, match=r"safetensors, not pytorch_model\.bin"):
        load_language_model(folder)


def change(folder: Path, **fields: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **fields}))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"intermediate_size": 43}, r"9 mismatched weights.*expected the weights that config"),
        ({"num_hidden_layers": 4}, r"9 missing weights, such as model\.layers\.3"),
        ({"num_hidden_layers": 2}, r"9 unexpected weights, such as model\.layers\.2"),
    ],
)
def test_weights_that_do_not_fit_are_never_filled_in(
    folder: Path, fields: dict[str, Any], message: str
) -> None:
    change(folder, **fields)
    with pytest.raises(CorruptArtefact, match=message):
        load_language_model(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_damaged_file_is_said(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptArtefact, match=str(folder)):
        load_language_model(folder)


def test_a_shard_that_is_missing_is_named(folder: Path) -> None:
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    with pytest.raises(NotFound, match=r"no model-2\.safetensors"):
        load_language_model(folder)


def test_sharded_weights_open(
    folder: Path, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="50KB")
    assert len(list(folder.glob("*.safetensors"))) > 2
    ids = torch.tensor([prompt_ids(tokenizer, "a lamp")])
    assert torch.equal(load_language_model(folder).model(ids).logits, model(ids).logits)


def test_another_kind_of_model_is_refused(folder: Path, tmp_path: Path) -> None:
    config = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, vocab_size=11)
    BertForMaskedLM(config).save_pretrained(tmp_path / "bert")
    with pytest.raises(InvalidRequest, match="BertForMaskedLM of type 'bert'; expected a causal"):
        load_language_model(tmp_path / "bert")
    change(folder, model_type="theirs", auto_map={"AutoModelForCausalLM": "theirs.Model"})
    with pytest.raises(InvalidRequest, match="code of its own, which is not run"):
        load_language_model(folder)


def test_a_tokenizer_of_another_model_is_said(
    folder: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    tokenizer_file = json.loads((folder / "tokenizer.json").read_text())
    added = dict(tokenizer_file["added_tokens"][0], id=len(tokenizer), content="<more>")
    tokenizer_file["added_tokens"].append(added)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_file))
    with pytest.raises(CorruptArtefact, match=f"expected at most {len(tokenizer)}"):
        load_language_model(folder)


def test_a_name_that_is_nowhere_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (tmp_path / "none", f"{tmp_path}/none", "./none", "a/b/c"):
        with pytest.raises(NotFound, match="no such folder; expected a folder or a hub id"):
            load_language_model(wrong)
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(NotFound, match="nor to be had from the hub"):
        load_language_model("nobody/nothing-here@v1")
