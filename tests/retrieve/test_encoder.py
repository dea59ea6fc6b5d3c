"""Encoders against torch: small checkpoints made on the spot, and the default one.

The reference reads each text alone, without padding, and pools with a few words of Python.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound, ShopkeeperError
from shopkeeper.records.ports import Encode
from shopkeeper.stages.retrieve import graph
from shopkeeper.stages.retrieve.checkpoint import POOLINGS, read_checkpoint
from shopkeeper.stages.retrieve.encoder import Encoder, EncoderConfig, open_encoder
from shopkeeper.stages.retrieve.locate import locate_checkpoint

torch = pytest.importorskip("torch", reason="the encoder extra is not installed")
transformers = pytest.importorskip("transformers", reason="the encoder extra is not installed")
pytest.importorskip("onnxruntime", reason="the encoder extra is not installed")
pytest.importorskip("onnxscript", reason="the encoder extra is not installed")

WORDS = ("red", "green", "tent", "boot", "##s", "lamp", "waterproof", "for", "two", "people", "帐")
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *"abcdefghijklmnopqrstuvwxyz,.!-"]
TEXTS = (
    "red tent",
    "",
    "a waterproof tent for two people, green",
    "帐篷 tent",
    "boots",
    "the red lamp " * 30,
    "?!… \x00",
    "tent",
)
HIDDEN = 12
POSITIONS = 29
PACKAGE = "sentence_transformers.models."

States = NDArray[np.float32]
REFERENCE: dict[str, Callable[[States], States]] = {
    "cls": lambda states: states[0],
    "max": lambda states: states.max(axis=0),
    "mean": lambda states: states.sum(axis=0) / len(states),
    "mean_sqrt_len_tokens": lambda states: states.sum(axis=0) / len(states) ** 0.5,
    "weightedmean": lambda states: np.average(states, axis=0, weights=range(1, len(states) + 1)),
    "lasttoken": lambda states: states[-1],
}


def make_checkpoint(folder: Path, pooling: dict[str, Any], prompts: dict[str, str]) -> Path:
    """A seeded BERT of one layer, in the sentence-transformers layout."""
    config = transformers.BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=HIDDEN,
        num_hidden_layers=1,
        num_attention_heads=3,
        intermediate_size=17,
        max_position_embeddings=POSITIONS,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = transformers.BertModel(config)
        # Far from the tiny initial ones, so that different texts lie in different places.
        for weights in model.parameters():
            if weights.ndim > 1:
                torch.nn.init.normal_(weights, std=0.7)
    model.save_pretrained(folder)
    ids = {word: place for place, word in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_padding(length=19)  # as all-MiniLM's file asks, and nobody wants
    tokenizer.save(str(folder / "tokenizer.json"))
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    entries = [{"name": kind, "path": path, "type": PACKAGE + kind} for path, kind in modules]
    (folder / "1_Pooling").mkdir()
    for name, content in {
        "modules.json": entries,
        "sentence_bert_config.json": {"max_seq_length": POSITIONS, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": prompts},
        "1_Pooling/config.json": {"word_embedding_dimension": HIDDEN, **pooling},
    }.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def add_dense(folder: Path, size_in: int, size_out: int) -> None:
    """Put a Dense module with tanh in front of Normalize."""
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(3)
    weights = {
        "linear.weight": 0.3 * torch.randn(size_out, size_in, generator=generator),
        "linear.bias": 0.1 * torch.randn(size_out, generator=generator),
    }
    (folder / "2_Dense").mkdir()
    save_file(weights, folder / "2_Dense" / "model.safetensors")
    config = {
        "in_features": size_in,
        "out_features": size_out,
        "activation_function": "torch.nn.modules.activation.Tanh",
    }
    (folder / "2_Dense" / "config.json").write_text(json.dumps(config))
    modules = json.loads((folder / "modules.json").read_text())
    modules.insert(2, {"name": "Dense", "path": "2_Dense", "type": PACKAGE + "Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))


def reference(
    folder: Path, texts: tuple[str, ...], poolings: tuple[str, ...], max_tokens: int
) -> States:
    """Unit vectors by transformers' own model and tokeniser, one text at a time."""
    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    rows = []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=max_tokens, padding=False)["input_ids"]
        with torch.inference_mode():
            states = model(torch.tensor([ids])).last_hidden_state[0].numpy()
        vector = np.concatenate([REFERENCE[pooling](states) for pooling in poolings])
        if (folder / "2_Dense").is_dir():
            from safetensors.numpy import load_file

            dense = load_file(folder / "2_Dense" / "model.safetensors")
            vector = np.tanh(dense["linear.weight"] @ vector + dense["linear.bias"])
        rows.append(vector / np.linalg.norm(vector))
    return np.stack(rows)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two checkpoints, and the artefacts that their graphs are published in."""
    root = tmp_path_factory.mktemp("encoders")
    plain = make_checkpoint(root / "plain", {"pooling_mode_mean_tokens": True}, {})
    rich = make_checkpoint(
        root / "rich",
        {"pooling_mode": ["cls", "lasttoken"]},
        {"query": "red ", "document": "green "},
    )
    add_dense(rich, 2 * HIDDEN, 5)
    return {"plain": plain, "rich": rich, "artefacts": root / "artefacts"}


@pytest.fixture(scope="module")
def encoders(folders: dict[str, Path]) -> dict[str, Encoder]:
    """Exported in this process, which has torch already; the default one is not, see below."""
    from shopkeeper.stages.retrieve.export import export_graph

    artefacts, config = folders["artefacts"], EncoderConfig(batch_size=3, threads=3)
    for name in ("plain", "rich"):
        export_graph(read_checkpoint(folders[name]), artefacts)
    return {name: open_encoder(str(folders[name]), artefacts, config) for name in ("plain", "rich")}


@pytest.mark.parametrize("mode", POOLINGS)
def test_pooling_is_that_of_one_text_without_padding(mode: str) -> None:
    from shopkeeper.stages.retrieve.export import pool

    states = torch.randn(3, 7, 5, generator=torch.Generator().manual_seed(0))
    lengths = (7, 1, 4)
    mask = torch.tensor([[1] * length + [0] * (7 - length) for length in lengths])
    pooled = pool(mode, states, mask).numpy()
    for row, length in enumerate(lengths):
        alone = REFERENCE[mode](states[row, :length].numpy())
        np.testing.assert_allclose(pooled[row], alone, atol=1e-6)


def test_products_are_those_of_torch(
    folders: dict[str, Path], encoders: dict[str, Encoder]
) -> None:
    expected = reference(folders["plain"], TEXTS, ("mean",), POSITIONS)
    found = encoders["plain"].products.encode(TEXTS)
    assert (found.dtype, found.shape) == (np.float32, (len(TEXTS), HIDDEN))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    # No two of the texts lie at the same place, so the order was compared as well.
    assert np.triu(found @ found.T, 1).max() < 0.999


def test_prompts_poolings_and_dense_are_those_of_torch(
    folders: dict[str, Path], encoders: dict[str, Encoder]
) -> None:
    rich = encoders["rich"]
    for port, prompt in ((rich.queries, "red "), (rich.products, "green ")):
        prompted = tuple(prompt + text for text in TEXTS)
        expected = reference(folders["rich"], prompted, ("cls", "lasttoken"), POSITIONS)
        np.testing.assert_allclose(port.encode(TEXTS), expected, atol=1e-5)
    assert rich.dimension == 5
    assert np.abs(rich.queries.encode(TEXTS) - rich.products.encode(TEXTS)).max() > 0.1


def test_long_texts_are_cut(folders: dict[str, Path], encoders: dict[str, Encoder]) -> None:
    short = open_encoder(str(folders["plain"]), folders["artefacts"], EncoderConfig(max_tokens=5))
    expected = reference(folders["plain"], TEXTS, ("mean",), 5)
    np.testing.assert_allclose(short.products.encode(TEXTS), expected, atol=1e-5)
    assert short.fingerprint != encoders["plain"].fingerprint
    # What lies behind 5 tokens × 64 characters is not even looked at.
    endless = "tent" + " " * 400 + "red"
    assert short.products.encode([endless])[0] == pytest.approx(expected[-1], abs=1e-5)


def test_threads_and_batches_change_nothing(
    folders: dict[str, Path], encoders: dict[str, Encoder]
) -> None:
    texts = [f"{text} {number}" for number in range(41) for text in TEXTS]
    expected = encoders["plain"].products.encode(texts)
    many = EncoderConfig(batch_size=2, threads=1)
    other = open_encoder(str(folders["plain"]), folders["artefacts"], many)
    assert len(texts) > 2 * 64  # more than one window of batches
    np.testing.assert_allclose(other.products.encode(texts), expected, atol=1e-5)
    assert other.fingerprint == encoders["plain"].fingerprint


def test_a_query_does_not_depend_on_its_company(encoders: dict[str, Encoder]) -> None:
    together = encoders["plain"].queries.encode(TEXTS)
    for row, text in enumerate(TEXTS):
        assert encoders["plain"].queries.encode([text]).tobytes() == together[row].tobytes()
    together[:] = 0  # the caller's own copy: what is remembered stays
    assert np.linalg.norm(encoders["plain"].queries.encode(["tent"])) == pytest.approx(1)


def test_nothing_in_nothing_out(encoders: dict[str, Encoder]) -> None:
    for port in (encoders["plain"].queries, encoders["plain"].products):
        assert isinstance(port, Encode)
        assert port.encode([]).shape == (0, HIDDEN)


def test_queries_and_bulk_at_the_same_time(encoders: dict[str, Encoder]) -> None:
    expected = encoders["plain"].products.encode(TEXTS)
    barrier = threading.Barrier(4)

    def encode(port: Encode) -> float:
        barrier.wait(10)
        return max(float(np.abs(port.encode(TEXTS) - expected).max()) for _ in range(20))

    plain = encoders["plain"]
    with ThreadPoolExecutor(4) as pool:
        ports = (plain.products, plain.queries) * 2
        assert max(pool.map(encode, ports)) < 1e-5


def test_opening_again_neither_exports_nor_needs_torch(
    folders: dict[str, Path], encoders: dict[str, Encoder]
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from shopkeeper.stages.retrieve.encoder import EncoderConfig, open_encoder\n"
        "for heavy in ('torch', 'transformers'): sys.modules[heavy] = None\n"
        "encoder = open_encoder(sys.argv[1], Path(sys.argv[2]), EncoderConfig())\n"
        "print(*encoder.queries.encode(['red tent'])[0])"
    )
    expected = reference(folders["plain"], ("red tent",), ("mean",), POSITIONS)[0]
    command = [sys.executable, "-c", code, str(folders["plain"]), str(folders["artefacts"])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    np.testing.assert_allclose([float(x) for x in done.stdout.split()], expected, atol=1e-5)


def test_what_is_missing_for_an_export_is_named(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "_EXPORTER_NEEDS", ("torch", "a_library_that_nobody_has"))
    with pytest.raises(NotFound, match=r"needs a_library_that_nobody_has.*pip install"):
        open_encoder(str(folders["plain"]), tmp_path, EncoderConfig())


def test_a_changed_graph_is_not_served(
    folders: dict[str, Path], encoders: dict[str, Encoder], tmp_path: Path
) -> None:
    name = graph.graph_name(read_checkpoint(folders["plain"]))
    [version] = (folders["artefacts"] / name).glob("2*")
    copy = tmp_path / name / version.name
    copy.mkdir(parents=True)
    for path in version.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    damaged = bytearray((copy / graph.GRAPH).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (copy / graph.GRAPH).write_bytes(damaged)
    with pytest.raises(CorruptArtefact, match=r"graph\.onnx"):
        open_encoder(str(folders["plain"]), tmp_path, EncoderConfig())


def test_a_model_that_computes_nan_is_not_accepted(tmp_path: Path) -> None:
    from shopkeeper.stages.retrieve.export import export_graph

    folder = make_checkpoint(tmp_path / "broken", {"pooling_mode": "mean"}, {})
    model = transformers.BertModel.from_pretrained(folder)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight.fill_(float("nan"))
    model.save_pretrained(folder)
    with pytest.raises(ShopkeeperError, match="differ by nan"):
        export_graph(read_checkpoint(folder), tmp_path / "artefacts")
    assert not list((tmp_path / "artefacts").rglob("graph.onnx"))


@pytest.mark.slow
def test_weights_that_cannot_be_read_fail_in_one_line(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "broken", {"pooling_mode": "mean"}, {})
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(NotFound, match="could not be exported") as raised:
        open_encoder(str(folder), tmp_path / "artefacts", EncoderConfig())
    assert "\n" not in str(raised.value)


def test_a_broken_tokeniser_is_named(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "broken", {"pooling_mode": "mean"}, {})
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(CorruptArtefact, match=r"tokenizer\.json: not a tokeniser"):
        open_encoder(str(folder), tmp_path, EncoderConfig())


@pytest.mark.parametrize("field", ["max_tokens", "batch_size", "threads"])
def test_settings_that_cannot_be_are_refused(field: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{field} 0"):
        EncoderConfig(**{field: 0})


@pytest.fixture(scope="module")
def default_encoder(request: pytest.FixtureRequest) -> Encoder:
    try:
        locate_checkpoint(None)
    except NotFound as missing:
        pytest.skip(str(missing))
    # Exported once for all runs, in a process of its own: it takes 20 s.
    artefacts = request.config.cache.mkdir("encoders")
    return open_encoder(None, artefacts, EncoderConfig())


def test_the_default_is_that_of_transformers(default_encoder: Encoder) -> None:
    folder = locate_checkpoint(None)
    texts = ("waterproof camping tent for 2", "", "帐篷", "HP 80 ink cartridge, cyan " * 20)
    expected = reference(folder, texts, ("mean",), 64)
    for port in (default_encoder.products, default_encoder.queries):
        np.testing.assert_allclose(port.encode(texts), expected, atol=1e-5)
    assert default_encoder.dimension == 384


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "rich", "default"])
def test_vectors_are_those_of_sentence_transformers(
    name: str, folders: dict[str, Path], encoders: dict[str, Encoder], default_encoder: Encoder
) -> None:
    package = pytest.importorskip("sentence_transformers")
    folder = locate_checkpoint(None) if name == "default" else folders[name]
    encoder = default_encoder if name == "default" else encoders[name]
    model = package.SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = min(64, model.max_seq_length)
    texts = ["red tent", "", "a waterproof tent for two people", "the red lamp " * 30]
    for port, encode in (
        (encoder.queries, model.encode_query),
        (encoder.products, model.encode_document),
    ):
        np.testing.assert_allclose(port.encode(texts), encode(texts), atol=1e-5)
