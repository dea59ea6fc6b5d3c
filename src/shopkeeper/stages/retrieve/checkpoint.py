"""What is this encoder made of? A sentence-transformers folder, read without torch.

Its layout: `modules.json` lists the modules in order, each in a folder of its own. Read here are
one Transformer, one Pooling, then any number of Dense, and Normalize at the end. Anything else
(Router, StaticEmbedding, code of the checkpoint's own) is refused by name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound

_POOLING_FLAGS = {
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}
"""The flags of older checkpoints, in the order in which several are concatenated."""

POOLINGS = tuple(_POOLING_FLAGS)

ACTIVATIONS = ("Identity", "Tanh", "ReLU", "GELU")


@dataclass(frozen=True, slots=True)
class Dense:
    """A Dense module: activation(linear(vector))."""

    folder: Path
    activation: str
    """Of `ACTIVATIONS`."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a sentence-transformers folder says about itself."""

    folder: Path
    transformer: Path
    """The Transformer module's folder: weights, config.json, tokenizer.json."""
    pooling: tuple[str, ...]
    """Of `POOLINGS`; several are concatenated."""
    dense: tuple[Dense, ...]
    """In order."""
    max_tokens: int | None
    """The longest text that the model reads; None: not said."""
    pad_id: int
    lowercase: bool
    query_prompt: str
    product_prompt: str
    files: tuple[tuple[str, str], ...]
    """(path inside the folder, SHA-256) of all that shapes a vector."""

    @property
    def digest(self) -> str:
        """SHA-256 over `files`: equal digests, equal vectors."""
        return hashlib.sha256(json.dumps(self.files).encode()).hexdigest()


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read the folder and hash what shapes its vectors.

    Raises:
        NotFound: a file of the layout is missing.
        InvalidRequest: the checkpoint needs what we do not run.
        CorruptArtefact: a file is not JSON, or lacks what it must say.
    """
    modules = _modules(folder)
    transformer, pooling = folder / modules[0][1], folder / modules[1][1]
    config = _json(transformer / "config.json")
    if config.get("is_encoder_decoder"):
        raise _unsupported(folder, "an encoder-decoder model", "an encoder or a decoder alone")
    if not (transformer / "tokenizer.json").is_file():
        raise NotFound("no tokenizer.json", where=str(transformer), expected="a fast tokeniser")
    settings = _settings(transformer)
    if settings.get("transformer_task", "feature-extraction") != "feature-extraction":
        raise _unsupported(folder, f"task {settings['transformer_task']!r}", "feature-extraction")
    prompts = _optional_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    query_prompt = prompts.get("query") or ""
    product_prompt = next((prompts[key] for key in ("document", "passage") if key in prompts), "")
    return Checkpoint(
        folder=folder,
        transformer=transformer,
        pooling=_pooling_modes(pooling, has_prompt=bool(query_prompt or product_prompt)),
        dense=tuple(_dense(folder / path) for kind, path in modules if kind == "Dense"),
        max_tokens=settings.get("max_seq_length") or _tokeniser_limit(transformer),
        pad_id=config.get("pad_token_id") or 0,
        lowercase=bool(settings.get("do_lower_case")),
        query_prompt=query_prompt,
        product_prompt=product_prompt,
        files=tuple(_hashes(folder, {folder / path for _, path in modules})),
    )


def _modules(folder: Path) -> list[tuple[str, str]]:
    """(kind, folder inside the checkpoint) of each module, in order."""
    try:
        listed = [(entry["type"], entry["path"]) for entry in _json(folder / "modules.json")]
    except (KeyError, TypeError) as error:
        raise CorruptArtefact(
            "modules.json", where=str(folder), expected='a list of {"type": …, "path": …}'
        ) from error
    modules = []
    for module, path in listed:
        package, _, kind = module.rpartition(".")
        if not package.startswith("sentence_transformers."):
            raise _unsupported(folder, f"module {module!r}", "sentence_transformers modules")
        modules.append((kind, path))
    kinds = " ".join(kind for kind, _ in modules)
    if not re.fullmatch(r"Transformer Pooling( Dense)*( Normalize)?", kinds):
        raise _unsupported(folder, f"modules {kinds}", "Transformer Pooling [Dense …] [Normalize]")
    return modules


def _settings(transformer: Path) -> dict[str, Any]:
    """The Transformer module's own settings; older checkpoints name the file by architecture."""
    found = sorted(transformer.glob("sentence_*_config.json"))
    return _optional_json(found[0]) if found else {}


def _tokeniser_limit(transformer: Path) -> int | None:
    limit = _optional_json(transformer / "tokenizer_config.json").get("model_max_length")
    # Tokenisers without a limit say 10³⁰.
    return int(limit) if limit and limit < 10**6 else None


def _pooling_modes(pooling: Path, *, has_prompt: bool) -> tuple[str, ...]:
    config = _json(pooling / "config.json")
    if "pooling_mode" in config:
        mode = config["pooling_mode"]
        modes = (mode,) if isinstance(mode, str) else tuple(mode)
    else:
        modes = tuple(mode for mode, flag in _POOLING_FLAGS.items() if config.get(flag))
        modes = modes or ("mean",)
    for mode in modes:
        if mode not in POOLINGS:
            raise _unsupported(pooling, f"pooling {mode!r}", ", ".join(POOLINGS))
    if has_prompt and not config.get("include_prompt", True):
        raise _unsupported(pooling, "pooling that leaves the prompt out", "include_prompt: true")
    return modes


def _dense(folder: Path) -> Dense:
    config = _json(folder / "config.json")
    activation = config.get("activation_function", "Tanh").rpartition(".")[2]
    if activation not in ACTIVATIONS:
        raise _unsupported(folder, f"activation {activation!r}", ", ".join(ACTIVATIONS))
    return Dense(folder, activation)


def _hashes(folder: Path, module_folders: set[Path]) -> Iterator[tuple[str, str]]:
    paths = {
        path
        for inside in {folder, *module_folders}
        for pattern in ("*.json", "*.safetensors")
        for path in inside.glob(pattern)
    }
    for path in sorted(paths):
        with path.open("rb") as file:
            yield (
                path.relative_to(folder).as_posix(),
                hashlib.file_digest(file, "sha256").hexdigest(),
            )


def _optional_json(path: Path) -> dict[str, Any]:
    return _json(path) if path.is_file() else {}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFound(
            f"no {path.name}", where=str(path.parent), expected="a sentence-transformers folder"
        ) from None
    except ValueError as error:
        raise CorruptArtefact(f"not JSON ({error})", where=str(path)) from error


def _unsupported(where: Path, what: str, expected: str) -> InvalidRequest:
    return InvalidRequest(f"cannot run {what}", where=str(where), expected=expected)
