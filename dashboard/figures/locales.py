"""What Plotly itself says on a page in French: its buttons, its days and months. English is built in.

Served with the page: Plotly would otherwise have its own locale files asked for elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import formats
from dashboard.translations import MONTHS, WEEKDAYS

LOCALES: Mapping[str, Any] = {
    "fr": {
        "dictionary": {
            "Autoscale": "Tout afficher",
            "Box Select": "Sélection rectangulaire",
            "Double-click to zoom back out": "Un double-clic annule le zoom",
            "Download plot": "Télécharger le graphique",
            "Download plot as a PNG": "Télécharger le graphique en PNG",
            "Lasso Select": "Sélection au lasso",
            "Pan": "Déplacer",
            "Reset axes": "Vue d’origine",
            "Reset": "Vue d’origine",
            "Snapshot succeeded": "Image enregistrée",
            "Sorry, there was a problem downloading your snapshot!": "L’image n’a pas pu être enregistrée",
            "Taking snapshot - this may take a few seconds": "Création de l’image",
            "Zoom": "Zoom",
            "Zoom in": "Agrandir",
            "Zoom out": "Réduire",
        },
        "format": {
            "days": ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
            "shortDays": [WEEKDAYS["fr"][-1], *WEEKDAYS["fr"][:-1]],
            "months": [
                "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
                "novembre", "décembre",
            ],
            "shortMonths": list(MONTHS["fr"]),
            "date": "%d/%m/%Y",
            "decimal": ",",
            "thousands": formats.THIN,
        },
    }
}  # fmt: skip
