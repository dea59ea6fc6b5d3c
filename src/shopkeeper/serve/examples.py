"""What does an answer look like? The examples of the OpenAPI page, made as real answers are."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson

from shopkeeper.records import (
    AnyOf,
    Candidate,
    Concept,
    Facet,
    FacetValue,
    Forgotten,
    Hit,
    InvalidRequest,
    Money,
    NotFound,
    Part,
    Product,
    Query,
    Range,
    SearchRequest,
    SearchResponse,
    StageReport,
    Suggestion,
    SuggestRequest,
    SuggestResponse,
    Understanding,
    Variant,
    Why,
)
from shopkeeper.records.experiment import DayEffect, Experiment, MetricEffect
from shopkeeper.records.query import Alternative
from shopkeeper.records.rerank import OwnProduct, RerankRequest, RerankResponse, RerankResult
from shopkeeper.records.simulation import ExampleShopper, JudgedProduct
from shopkeeper.serve.answers import (
    BulkAnswer,
    ErrorAnswer,
    ErrorDetail,
    EventsAnswer,
    RefusedLine,
    SimulationAnswer,
    TruthAnswer,
    WriteAnswer,
)
from shopkeeper.serve.experiments import ExperimentsAnswer
from shopkeeper.serve.front import Job, ShopStatus
from shopkeeper.serve.pages import search_answer, suggest_answer
from shopkeeper.serve.problems import code_of, detail
from shopkeeper.serve.rerank import rerank_answer

_TENT = Product(
    id="tent-2",
    title={"en": "Fell 2 waterproof tent"},
    brand="Acme",
    category=("Outdoor", "Tents"),
    attributes={"colour": "green", "waterproof_mm": 4000.0},
    variants=(Variant("tent-2-green", {"colour": "green"}, Money(24_900, "USD"), stock=7),),
    rating=4.5,
)
_QUERY = Query("waterproof tent")
_REQUEST = SearchRequest(
    _QUERY, "4f6d2a0e-6c0b-4c39-9f43-0f9a1c1b7d11", filters=(Range("price", 50, 300),), explain=True
)
_CANDIDATE = Candidate("tent-2", "tent-2-green", (Part("lexical", 3.25), Part("dense", 0.5)))
_STAGES = (StageReport("understand", "ok", "", 0.4), StageReport("rank", "off", "no artefact"))
_PAGE = SearchResponse(
    request=_REQUEST,
    hits=(
        Hit(_TENT, "tent-2-green", 1, _CANDIDATE.parts, why=Why(("title: tent",), differs=None)),
    ),
    total=1,
    facets=(Facet("brand", (FacetValue("Acme", 1),), distinct=1),),
    stages=_STAGES,
    generation="7",
    understanding=Understanding(
        _QUERY, "waterproof tent", (Concept("tent", (Alternative(("tent",)),)),)
    ),
    fit=0.92,
    artefacts={"encoder": "minilm-1"},
    latency_ms=12.5,
)
_HINTS = SuggestResponse(
    SuggestRequest(Query("wat")),
    (
        Suggestion("waterproof tent", "query", 12, 3.5),
        Suggestion("Watson", "brand", 4, 1.0, clause=AnyOf("brand", ("Watson",))),
    ),
    (StageReport("suggest", "ok", "", 0.3),),
    latency_ms=0.4,
)


def plain(answer: object) -> Any:
    """The answer as its reader parses it."""
    return orjson.loads(orjson.dumps(answer))


SEARCH = plain(search_answer(_PAGE))
SUGGEST = plain(suggest_answer(_HINTS))
RERANK_ASKED = {
    "query": "waterproof tent",
    "documents": [
        {"id": "tent-2"},
        {"title": "Beach tent", "brand": "Zed", "text": "Shade for a day."},
    ],
    "return_documents": True,
}
RERANK = plain(
    rerank_answer(
        RerankResponse(
            RerankRequest(_QUERY, (OwnProduct("tent-2"), "Beach tent")),
            (
                RerankResult(0, (Part("lexical", 0.42), Part("dense", 0.25)), _TENT),
                RerankResult(1, (Part("lexical", 0.125), Part("dense", 0.125)), "Beach tent"),
            ),
            terms=11,
            generation="7",
            stages=(StageReport("understand", "ok", "", 0.4), StageReport("rerank", "ok", "", 3.5)),
            artefacts={"encoder": "minilm-1"},
            latency_ms=4.5,
        ),
        with_documents=True,
    )
)
PRODUCT = _TENT.to_dict()
WRITE = plain(WriteAnswer(seq=1042, accepted=1))
BULK = plain(
    BulkAnswer(
        seq=1044,
        accepted=2,
        refused=(RefusedLine(3, ErrorDetail("invalid_record", "title None", expected="a text")),),
    )
)
BULK_LINES = (
    '{"put": {"id": "mug", "title": "Enamel mug", "price": "9.50"}}\n'
    '{"patch": {"id": "tent-2", "price": "229.00", "stock": 3}}\n'
    '{"delete": {"id": "lamp-9"}}\n'
)
EVENT = {
    "action_name": "click",
    "timestamp": "2026-11-20T10:00:00Z",
    "query_id": _REQUEST.query_id,
    "client_id": "5e3b2a1c",
    "session_id": "84266fdb",
    "consent": True,
    "event_attributes": {
        "object": {"object_id": "tent-2", "object_id_field": "id"},
        "position": {"ordinal": 1},
    },
}
EVENTS = plain(EventsAnswer(1))
FORGOTTEN = plain(
    Forgotten(
        "9f1c6a0d2b7e4583",
        "2026-11-20T10:00:00+00:00",
        pages=12,
        events=31,
        entries=0,
        artefacts=("index@20261120T095845.601669Z-937961ad",),
    )
)
STATUS = plain(
    ShopStatus(
        shop_id="demo",
        name="Demo shop",
        ready=True,
        products=2_000,
        generation="7",
        currency="USD",
        locales=("en",),
        message="meaning search joins when its embeddings are done",
        facet_fields=("brand", "category", "price"),
        sort_fields=("price", "popularity"),
        artefacts={"encoder": "minilm-1"},
        stages={"retrieve": "ok", "rank": "off"},
        jobs=(Job("embed", 640, 2_000, "embedding the catalogue"),),
    )
)


SIMULATION = plain(
    SimulationAnswer(
        True,
        (
            ExampleShopper(
                "s00000005",
                "Looks for luggage tags, bike lights and wall clocks; likes Velnora.",
                "en",
            ),
        ),
    )
)
TRUTH_ASKED = {"q": "waterproof tent", "products": ["tent-2", "tarp"]}
TRUTH = plain(
    TruthAnswer(
        True,
        "waterproof tent",
        "words",
        "Tents; waterproof: True",
        (
            JudgedProduct("tent-2", 4, "Excellent", "R5", "The same kind; waterproof: fits."),
            JudgedProduct("tarp", 2, "Mismatch", "R2", "A near kind (Tarps); waterproof: fits."),
        ),
    )
)
EXPERIMENTS = plain(
    ExperimentsAnswer(
        (
            Experiment(
                name="exact-matches-first",
                kind="ab",
                state="running",
                simulated=True,
                started_ms=1_795_172_344_485,
                updated_ms=1_795_172_404_485,
                arms=("today", "exact matches first"),
                days_done=1,
                days=28,
                metrics=(MetricEffect("purchases", 0.31, 0.33, 0.065, -0.01, 0.14, False),),
                series=(DayEffect(1, "purchases", 0.065, -0.01, 0.14),),
                true_effects={"purchases": 0.05},
                note="Exact matches of the brand come first.",
            ),
        ),
        (),
    )
)


def problem(status: HTTPStatus) -> Any:
    """The error body of the status."""
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return plain(ErrorAnswer(detail(InvalidRequest("size 1000", expected="0 … 200"))))
    if status == HTTPStatus.NOT_FOUND:
        return plain(ErrorAnswer(detail(NotFound("no such product", where="product tent-3"))))
    return plain(ErrorAnswer(ErrorDetail(code_of(status), status.description or status.phrase)))
