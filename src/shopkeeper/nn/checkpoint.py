"""Where is a language model kept, and is it whole? Hugging Face's folder layout."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

from shopkeeper.nn.model_card import ModelCard
from shopkeeper.nn.small_model import count_parameters
from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound, Refused
from shopkeeper.store.sealed import sync

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_HUB_ID = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*)?(@[\w./-]+)?")
_HUB_FILES = ["*.json", "*.safetensors", "*.jinja"]
_INDEX: Final = "model.safetensors.index.json"


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A causal language model and the tokenizer that it reads with."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    weights_sha256: str
    """Of its weights: equal ones, equal answers of the same code."""


def load_language_model(
    source: str | Path,
    *,
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
) -> LanguageModel:
    """Open a folder, or a model of the hub, in evaluation mode.

    Only safetensors are read, and no code that comes with a model is run.

    Args:
        source: a folder, or an id of the hub, ``owner/name`` or ``owner/name@revision``.
        dtype: of the weights in memory.

    Raises:
        NotFound: no such folder or model; config.json, tokenizer.json or safetensors are missing.
        InvalidRequest: it is no causal language model, or needs code of its own.
        CorruptArtefact: a file cannot be read, or weights, config and tokenizer do not fit.
    """
    folder = _located(source)
    _check_config(folder)
    digest = weights_sha256(folder)
    if not (folder / "tokenizer.json").is_file():
        raise NotFound(
            "no tokenizer.json",
            where=str(folder),
            expected="a fast tokenizer beside the weights",
            hint="save one there with tokenizer.save_pretrained",
        )
    model = _weights(folder, dtype).to(device).eval()  # type: ignore[arg-type]
    tokenizer = _tokenizer(folder)
    rows = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        raise CorruptArtefact(
            f"a tokenizer of {len(tokenizer):,} tokens",
            where=str(folder),
            expected=f"at most {rows:,}, the rows of the model's embedding",
        )
    return LanguageModel(model, tokenizer, digest)


def save_checkpoint(
    folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, card: ModelCard
) -> str:
    """Write weights, config, tokenizer and card; the folder appears at once and whole.

    Returns the SHA-256 of the weights.

    Raises:
        Refused: the folder is there already. What is saved is never changed.
    """
    if folder.exists():
        raise Refused("already there", where=str(folder), hint="choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    try:
        model.save_pretrained(unfinished)
        tokenizer.save_pretrained(unfinished)
        digest = weights_sha256(unfinished)
        page = card.page(parameters=count_parameters(model), weights_sha256=digest)
        (unfinished / "README.md").write_text(page, "utf-8")
        for path in [*unfinished.iterdir(), unfinished]:
            sync(path)
        os.rename(unfinished, folder)
        sync(folder.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return digest


def weights_sha256(folder: Path) -> str:
    """SHA-256 over the names and digests of the folder's files of weights.

    Raises:
        NotFound: there are no weights, or not all that the index lists.
    """
    names = ["model.safetensors"]
    if (folder / _INDEX).is_file():
        names = sorted(set(_json(folder / _INDEX).get("weight_map", {}).values()))
    missing = [name for name in names if not (folder / name).is_file()]
    if missing or not names:
        others = sorted(path.name for path in folder.glob("*.bin"))
        raise NotFound(
            f"no {missing[0] if missing else 'weights in ' + _INDEX}",
            where=str(folder),
            expected="weights as safetensors" + (f", not {others[0]}" if others else ""),
            hint="save the model with save_pretrained, which writes them",
        )
    whole = hashlib.sha256()
    for name in names:
        with (folder / name).open("rb") as file:
            whole.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def _located(source: str | Path) -> Path:
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    if isinstance(source, Path) or not _HUB_ID.fullmatch(source):
        raise NotFound(
            "no such folder", where=str(source), expected="a folder or a hub id, owner/name"
        )
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    name, _, revision = source.partition("@")
    try:
        return Path(snapshot_download(name, revision=revision or None, allow_patterns=_HUB_FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, httpx.HTTPError) as error:
        raise NotFound(
            f"neither a folder nor to be had from the hub ({type(error).__name__})",
            where=source,
            hint="check the name and the network, or give the folder of a downloaded model",
        ) from error


def _check_config(folder: Path) -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    config = _json(folder / "config.json")
    kind = config.get("model_type")
    causal = {
        name
        for value in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values()
        for name in ([value] if isinstance(value, str) else value)
    }
    architectures = config.get("architectures") or []
    is_causal = all(name in causal for name in architectures)
    if kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or not is_causal:
        own_code = " with code of its own, which is not run" if "auto_map" in config else ""
        raise InvalidRequest(
            f"{', '.join(architectures) or 'a model'} of type {kind!r}{own_code}",
            where=str(folder / "config.json"),
            expected="a causal language model that transformers knows",
        )


def _weights(folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    from transformers import AutoModelForCausalLM

    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
            # So that they come into the report, and are refused below.
            ignore_mismatched_sizes=True,
        )
    except Exception as error:  # every library below names its own errors
        raise CorruptArtefact(
            f"weights that cannot be read ({type(error).__name__}: {error})", where=str(folder)
        ) from error
    model: PreTrainedModel
    model, report = loaded
    for what in ("missing_keys", "mismatched_keys", "unexpected_keys"):
        if report[what]:
            # A mismatched one comes with its two shapes.
            first = min(key if isinstance(key, str) else key[0] for key in report[what])
            raise CorruptArtefact(
                f"{len(report[what])} {what.replace('_keys', '')} weights, such as {first}",
                where=str(folder),
                expected="the weights that config.json speaks of",
            )
    return model


def _tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True
        )
    except Exception as error:  # the Rust library raises Exception itself
        raise CorruptArtefact(
            f"a tokenizer that cannot be read ({type(error).__name__}: {error})",
            where=str(folder / "tokenizer.json"),
        ) from error
    return tokenizer


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFound(
            f"no {path.name}", where=str(path.parent), expected="a model's folder"
        ) from None
    except ValueError as error:
        raise CorruptArtefact(f"not JSON ({error})", where=str(path)) from error
    if not isinstance(content, dict):
        raise CorruptArtefact("not a JSON object", where=str(path))
    return content
