"""What does WooCommerce call its columns? Its exporter heads them in the language of its user.

The names are the English ones in lower case. German and French headings are read too, as several
versions of the translations have put them; what stands in the cells is English everywhere.
"""

from __future__ import annotations

import re

_GERMAN = {
    "typ": "type",
    "artikelnummer": "sku",
    "veröffentlicht": "published",
    "sichtbarkeit im katalog": "visibility in catalog",
    "kurzbeschreibung": "short description",
    "beschreibung": "description",
    "datum, an dem angebotspreis beginnt": "date sale price starts",
    "datum, an dem der angebotspreis beginnt": "date sale price starts",
    "angebotspreis gültig ab": "date sale price starts",
    "datum, an dem angebotspreis endet": "date sale price ends",
    "datum, an dem der angebotspreis endet": "date sale price ends",
    "angebotspreis gültig bis": "date sale price ends",
    "vorrätig?": "in stock?",
    "auf lager?": "in stock?",
    "bestand": "stock",
    "lager": "stock",
    "lagerbestand": "stock",
    "lieferrückstände erlaubt?": "backorders allowed?",
    "lieferrückstande erlaubt?": "backorders allowed?",
    "rückstände erlaubt?": "backorders allowed?",
    "angebotspreis": "sale price",
    "regulärer preis": "regular price",
    "normaler preis": "regular price",
    "kategorien": "categories",
    "schlagwörter": "tags",
    "bilder": "images",
    "übergeordnetes produkt": "parent",
    "übergeordnet": "parent",
    "externe url": "external url",
    "marken": "brands",
}
_FRENCH = {
    "ugs": "sku",
    "nom": "name",
    "publié": "published",
    "visibilité dans le catalogue": "visibility in catalog",
    "description courte": "short description",
    "date de début de promo": "date sale price starts",
    "date de fin de promo": "date sale price ends",
    "en stock ?": "in stock?",
    "en inventaire?": "in stock?",
    "inventaire": "stock",
    "autoriser les commandes de produits en rupture ?": "backorders allowed?",
    "tarif promo": "sale price",
    "prix promo": "sale price",
    "tarif régulier": "regular price",
    "prix régulier": "regular price",
    "catégories": "categories",
    "étiquettes": "tags",
    "url externe": "external url",
    "marques": "brands",
}
_NAMES = {**_GERMAN, **_FRENCH}
_NUMBERED = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"attribute? (\d+) name", r"attribute \1 name"),
        (r"nom de l'attribut (\d+)", r"attribute \1 name"),
        (r"attribut (\d+) wert\(e\)", r"attribute \1 value(s)"),
        (r"valeur\(s\) de l'attribut (\d+)", r"attribute \1 value(s)"),
        (r"(?:gewicht|poids) \((.+)\)", r"weight (\1)"),
        (r"(?:länge|longueur) \((.+)\)", r"length (\1)"),
        (r"(?:breite|largeur) \((.+)\)", r"width (\1)"),
        (r"(?:höhe|hauteur) \((.+)\)", r"height (\1)"),
        (r"gtin, .+", "gtin"),
    )
)
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "’": "'"})


def heading(name: str) -> str:
    """The English name, in lower case, of a column; of an unknown one its own."""
    plain = " ".join(name.translate(_SPACES).lower().split())
    for pattern, english in _NUMBERED:
        if found := pattern.fullmatch(plain):
            return found.expand(english)
    return _NAMES.get(plain, plain)
