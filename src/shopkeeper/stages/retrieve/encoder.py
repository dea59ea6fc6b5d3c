"""Where does a text lie? Sentence encoders through ONNX Runtime, without torch.

Every vector has unit length, whether or not the checkpoint's own last module is Normalize, so
that a dot product is a cosine wherever vectors meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from platform import node
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound
from shopkeeper.records.ports import Encode
from shopkeeper.stages.retrieve.checkpoint import Checkpoint, read_checkpoint
from shopkeeper.stages.retrieve.graph import open_graph
from shopkeeper.stages.retrieve.locate import EXTRA, locate_checkpoint, verify_default
from shopkeeper.stages.retrieve.session import open_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

CHARACTERS_PER_TOKEN = 64
"""Of a text, max_tokens × this many characters are looked at, so that a description of a megabyte
costs no more than its beginning."""

_BATCHES_AT_ONCE = 64
"""Batches that are tokenised together and sorted by length: bounds memory in a bulk of any size."""


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """How texts are read and how much machine they get."""

    max_tokens: int = 64
    """Of a text, prompt included; longer ones are cut. The checkpoint's own limit also holds."""
    batch_size: int = 32
    """Texts of similar length that go through the graph together."""
    threads: int = 2
    """Batches of a bulk computed at the same time, each on one core; a query needs only one."""
    remembered_queries: int = 4096
    """Query vectors kept, the latest used; 0 keeps none."""
    remembered_documents: int = 4096
    """Vectors kept of documents that are no products of the shop, likewise."""

    def __post_init__(self) -> None:
        lowest = {"max_tokens": 3, "batch_size": 1, "threads": 1}
        lowest |= {"remembered_queries": 0, "remembered_documents": 0}
        for name, least in lowest.items():
            if getattr(self, name) < least:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected=f"{least} or more")


@dataclass(frozen=True, slots=True)
class Encoder:
    """One model as the shop uses it: `Encode` ports, which differ in their prompts and caches."""

    name: str
    dimension: int
    fingerprint: str
    """SHA-256 over weights, tokeniser, modules, prompts and text length: only vectors of equal
    fingerprints may be compared."""
    products: Encode
    """In batches, for bulk."""
    queries: Encode
    """One by one, remembering the latest."""
    documents: Encode
    """As products, but one by one and remembering the latest: for texts from outside."""


def open_encoder(spec: str | None, artefacts: Path, config: EncoderConfig) -> Encoder:
    """Find, verify and, the first time, export an encoder.

    Args:
        spec: a sentence-transformers folder or hub id; None: the default, the `encoder` extra.
        artefacts: the folder of artefacts, where the exported graph is kept; made when missing.

    Raises:
        NotFound: the extra, the folder, the model or a library is missing; the hint names it.
        InvalidRequest: the checkpoint needs what we do not run.
        CorruptArtefact: bytes are not the known ones.
    """
    folder = locate_checkpoint(spec)
    if find_spec("onnxruntime") is None:
        raise NotFound("encoders need onnxruntime", hint=f"install it: {EXTRA}")
    checkpoint = read_checkpoint(folder)
    if spec is None:
        verify_default(checkpoint)
    tokenizer = _open_tokenizer(checkpoint, config)
    graph = open_graph(checkpoint, artefacts)
    session = open_session(graph)
    products, queries = (
        OnnxEncoder(graph, session, tokenizer, prompt, checkpoint, config)
        for prompt in (checkpoint.product_prompt, checkpoint.query_prompt)
    )
    return Encoder(
        name=spec or "all-MiniLM-L6-v2",
        dimension=products.dimension,
        fingerprint=_fingerprint(checkpoint, config),
        products=products,
        queries=RememberingEncoder(queries, config.remembered_queries),
        documents=RememberingEncoder(products, config.remembered_documents),
    )


class OnnxEncoder:
    """Texts → vectors in batches of similar length; the order of the texts is kept.

    Safe to call from several threads. A text's vector can differ in the seventh digit with the
    batch it is in, as matrix products round by their shape: who wants the same bytes from several
    machines gives them the same batches. It can be sent to another process, or to a machine that
    has neither the checkpoint nor torch: its graph goes along.
    """

    def __init__(
        self,
        graph: Path | bytes,
        session: InferenceSession,
        tokenizer: Tokenizer,
        prompt: str,
        checkpoint: Checkpoint,
        config: EncoderConfig,
    ) -> None:
        self.dimension: int = session.get_outputs()[0].shape[1]
        self._graph, self._session, self._tokenizer = graph, session, tokenizer
        self._prompt, self._checkpoint, self._config = prompt, checkpoint, config

    def __reduce__(self) -> tuple[object, ...]:
        graph = self._graph if isinstance(self._graph, bytes) else self._graph.read_bytes()
        return _arrive, (graph, self._tokenizer, self._prompt, self._checkpoint, self._config)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        window = self._config.batch_size * _BATCHES_AT_ONCE
        for start in range(0, len(texts), window):
            self._encode_window(texts[start : start + window], vectors[start : start + window])
        return vectors

    def _encode_window(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        tokens = self._tokenise(texts)
        order = np.argsort([len(ids) for ids in tokens], kind="stable")[::-1]
        size = self._config.batch_size
        batches = [order[start : start + size] for start in range(0, len(order), size)]

        def run(batch: NDArray[np.intp]) -> None:
            vectors[batch] = self._run([tokens[row] for row in batch])

        if self._config.threads == 1 or len(batches) == 1:
            for batch in batches:
                run(batch)
            return
        with ThreadPoolExecutor(self._config.threads, "encode") as pool:
            list(pool.map(run, batches))

    def _tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        longest = self._config.max_tokens * CHARACTERS_PER_TOKEN
        prompted = [self._prompt + text[:longest] for text in texts]
        if self._checkpoint.lowercase:
            prompted = [text.lower() for text in prompted]
        encodings = self._tokenizer.encode_batch_fast(prompted)
        # A tokeniser without special tokens makes nothing of an empty text; the graph needs one.
        return [encoding.ids or [self._checkpoint.pad_id] for encoding in encodings]

    def _run(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        """The vectors of one batch, padded on the right to its longest text."""
        shape = len(tokens), max(len(ids) for ids in tokens)
        input_ids = np.full(shape, self._checkpoint.pad_id, np.int64)
        attention_mask = np.zeros(shape, np.int64)
        for row, ids in enumerate(tokens):
            input_ids[row, : len(ids)] = ids
            attention_mask[row, : len(ids)] = 1
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        vectors: NDArray[np.float32] = self._session.run(["vector"], inputs)[0]
        return vectors


def _arrive(
    graph: bytes, tokenizer: Tokenizer, prompt: str, checkpoint: Checkpoint, config: EncoderConfig
) -> OnnxEncoder:
    """The encoder in the process that it was sent to, where there is one for each core."""
    if find_spec("onnxruntime") is None:
        raise NotFound("encoders need onnxruntime", where=node(), hint=f"install it: {EXTRA}")
    here = replace(config, threads=1)
    return OnnxEncoder(graph, open_session(graph), tokenizer, prompt, checkpoint, here)


class RememberingEncoder:
    """Texts → vectors one at a time, so that a text's vector never depends on its company.

    The latest `size` texts used are remembered; safe to call from several threads.
    """

    def __init__(self, encoder: OnnxEncoder, size: int) -> None:
        self._dimension = encoder.dimension
        self._vector = lru_cache(size)(lambda text: encoder.encode([text])[0])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self._dimension), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._vector(text)
        return vectors


def _open_tokenizer(checkpoint: Checkpoint, config: EncoderConfig) -> Tokenizer:
    from tokenizers import Tokenizer

    path = checkpoint.transformer / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise CorruptArtefact(f"not a tokeniser ({error})", where=str(path)) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(_text_length(checkpoint, config))
    return tokenizer


def _text_length(checkpoint: Checkpoint, config: EncoderConfig) -> int:
    return min(config.max_tokens, checkpoint.max_tokens or config.max_tokens)


def _fingerprint(checkpoint: Checkpoint, config: EncoderConfig) -> str:
    text = f"{checkpoint.digest} {_text_length(checkpoint, config)}"
    return hashlib.sha256(text.encode()).hexdigest()
