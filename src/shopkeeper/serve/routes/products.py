"""What does the shop sell? Products, one by one or in bulk."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Request

from shopkeeper.records import Busy, InvalidRequest, NotFound, Product
from shopkeeper.records.ports import Put, Written
from shopkeeper.serve import examples
from shopkeeper.serve.answers import BulkAnswer, WriteAnswer
from shopkeeper.serve.border import BULK_PATH
from shopkeeper.serve.bulk import BULK_TYPES, Bulk, require_lines
from shopkeeper.serve.changes import VOLATILE, merged, patch_from_dict
from shopkeeper.serve.described import READ, WRITE, answers
from shopkeeper.serve.keys import may_write
from shopkeeper.serve.reply import Json, JsonRoute
from shopkeeper.serve.requests import ProductBody, ProductChange
from shopkeeper.serve.service import Service, TheService

router = APIRouter(tags=["products"], route_class=JsonRoute, default_response_class=Json)

ProductId = Annotated[
    str, Path(min_length=1, max_length=512, description="The product's id.", examples=["tent-2"])
]
MOST_MERGES = 20
"""Of one change that others keep overtaking."""

_WHOLE = {
    "short": {
        "summary": "One variant, texts in the shop's locale",
        "value": {
            "title": "Enamel mug",
            "price": "9.50",
            "stock": 12,
            "category": "Kitchen > Mugs",
        },
    },
    "variants": {"summary": "The canonical form", "value": examples.PRODUCT},
}
_CHANGE = {
    "price": {
        "summary": "Volatile, seen within a second",
        "value": {"price": "229.00", "stock": 3},
    },
    "text": {
        "summary": "Merged into the product",
        "value": {"brand": "Zed", "attributes": {"colour": "red"}},
    },
}
_LINES = {
    "requestBody": {
        "required": True,
        "content": {
            **{kind: {"schema": {"type": "string"}} for kind in BULK_TYPES},
            # The one of the three that tools which try examples know how to send.
            BULK_TYPES[-1]: {"schema": {"type": "string"}, "example": examples.BULK_LINES},
        },
    }
}


@router.post(
    BULK_PATH,
    summary="Write many",
    response_model=BulkAnswer,
    responses=answers(examples.BULK, *WRITE, says="What was written, and what was not."),
    openapi_extra=_LINES,
    dependencies=[Depends(may_write)],
)
async def write_products(request: Request, service: TheService) -> Json:
    """JSON lines, each `{"put": {…}}`, `{"patch": {"id", "sku", "price", "stock", "popularity"}}`
    or `{"delete": {"id"}}`. The body is read as it comes and written in parts: a line that cannot
    be written is named in the answer, and the others are written. Sending a bulk again, whole, does
    no harm."""
    require_lines(request)
    return Json(await Bulk(service).write(request.stream()))


@router.get(
    "/v1/products/{id:path}",
    summary="Get a product",
    response_model=dict[str, Any],
    responses=answers(examples.PRODUCT, 404, *READ, says="The product in its canonical form."),
)
async def get_product(id: ProductId, service: TheService) -> Json:
    """The whole product as it is stored; a PUT of it changes nothing."""
    product = await service.reads.run(lambda: _product(service, id))
    return Json(product.to_dict())


@router.put(
    "/v1/products/{id:path}",
    summary="Add or replace a product",
    response_model=WriteAnswer,
    responses=answers(examples.WRITE, *WRITE, says="Written and searchable."),
    dependencies=[Depends(may_write)],
)
async def put_product(
    id: ProductId, body: Annotated[ProductBody, Body(openapi_examples=_WHOLE)], service: TheService
) -> Json:
    """The product, whole: what the body leaves out is gone."""
    if body.id not in (None, id):
        raise InvalidRequest(f"id {body.id!r:.60}", where="body.id", expected="the id in the path")
    shop = service.shop
    product = Product.from_dict(
        {**body.to_dict(), "id": id}, locale=shop.locale, currency=shop.currency
    )
    return _written(await service.writes.run(lambda: shop.catalogue.put(product)), id)


@router.patch(
    "/v1/products/{id:path}",
    summary="Change a product",
    response_model=WriteAnswer,
    responses=answers(examples.WRITE, 404, *WRITE, says="Written and searchable."),
    dependencies=[Depends(may_write)],
)
async def change_product(
    id: ProductId,
    body: Annotated[ProductChange, Body(openapi_examples=_CHANGE)],
    service: TheService,
) -> Json:
    """A JSON merge patch. Price, stock and popularity alone change in place and at once; with any
    other field the product is merged and written anew."""
    given = body.to_dict()
    return _written(await service.writes.run(lambda: _change(service, id, given)), id)


@router.delete(
    "/v1/products/{id:path}",
    summary="Remove a product",
    response_model=WriteAnswer,
    responses=answers(examples.WRITE, *WRITE, says="It is gone, or was not there."),
    dependencies=[Depends(may_write)],
)
async def delete_product(id: ProductId, service: TheService) -> Json:
    """Removing what is not there is no error."""
    return _written(await service.writes.run(lambda: service.shop.catalogue.delete(id)), id)


def _product(service: Service, product_id: str) -> Product:
    product = service.shop.catalogue.get(product_id)
    if product is None:
        raise NotFound("no such product", where=f"product {product_id}")
    return product


def _change(service: Service, product_id: str, given: dict[str, Any]) -> Written:
    """Merged anew while other processes keep changing the product between reading and writing."""
    shop = service.shop
    for _ in range(MOST_MERGES):
        product = _product(service, product_id)
        if given.keys() <= VOLATILE and None not in given.values():
            return shop.catalogue.patch(patch_from_dict(product_id, given, shop.currency))
        changed = merged(product, given, shop.locale, shop.currency)
        written = shop.catalogue.bulk([Put(changed, over=product)])
        if not written.refused or _product(service, product_id) == product:
            return written
    raise Busy("others keep changing it", where=f"product {product_id}")


def _written(written: Written, product_id: str) -> Json:
    for _, reason in written.refused:
        raise InvalidRequest(reason, where=f"product {product_id}")
    return Json(WriteAnswer(written.seq, written.accepted))
