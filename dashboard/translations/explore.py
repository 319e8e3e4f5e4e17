"""The phrases of the page Explore, as in `dashboard.translations`."""

from __future__ import annotations

from collections.abc import Mapping

PHRASES: Mapping[str, tuple[str, str]] = {
    # The page Explore
    "series": ("Series", "Séries"),
    "no series found": ("No such series", "Aucune série de ce nom"),
    "panel statistics": ("Statistics", "Statistiques"),
    "panel week": ("Typical week", "Semaine type"),
    "panel distribution": ("Distribution", "Répartition"),
    "panel days": ("Day by day", "Jour par jour"),
    "panel happenings": ("Commands and events", "Commandes et événements"),
    "hour of week": (
        "<b>{day}</b>, {start} to {end}<br>mean <b>{mean}</b>, {low} to {high}<br>{count} {count:reading|readings}",
        (
            "<b>{day}</b>, de {start} à {end}<br>moyenne <b>{mean}</b>, de {low} à {high}<br>"
            "{count} {count:mesure|mesures}"
        ),
    ),
    "share": (
        "{low} to {high}<br><b>{count}</b> {count:reading|readings}, {percent}",
        "{low} à {high}<br><b>{count}</b> {count:mesure|mesures}, {percent}",
    ),
    "from sketch of quantiles": (
        "Median and percentiles within one percent.",
        "Médiane et centiles à un pour cent près.",
    ),
    "from sketch": ("within one percent", "à un pour cent près"),
    "day in words": (
        "mean <b>{mean}</b>, {low} to {high}<br>{count} {count:reading|readings}",
        "moyenne <b>{mean}</b>, de {low} à {high}<br>{count} {count:mesure|mesures}",
    ),
    "day of": ("a day of {hours} hours", "un jour de {hours} heures"),
    "bucket width": ("{width} buckets", "pas de {width}"),
    "before of": ("{name}, before", "{name}, avant"),
    "usual": ("Usual for the hour", "Habituel pour l’heure"),
    "given up": (
        "{count} {count:sample|samples} given up, numbers {from} to {to}",
        "{count} {count:mesure abandonnée|mesures abandonnées}, numéros {from} à {to}",
    ),
    "samples lost": ("{count} lost", "{count} {count:perdu|perdus}"),
    "lost in words": (
        "{count} {count:sample|samples} of {devices} never arrived<br>between {start} and {end}",
        "{count} {count:relevé|relevés} de {devices} jamais {count:reçu|reçus}<br>entre {start} et {end}",
    ),
    "series hint": ("Up to {count}, from any device", "Jusqu’à {count}, de tous les appareils"),
    "choose series": ("Series and comparisons", "Séries et comparaisons"),
    "add series": ("Add a series", "Ajouter une série"),
    "zoomed part": ("zoomed part", "partie agrandie"),
    "what": ("What", "Quoi"),
    "event": ("event", "événement"),
    "empty week": ("No measurement in this range", "Aucune mesure sur cette période"),
    "empty distribution": ("No measurement in this range", "Aucune mesure sur cette période"),
    "empty days": ("No measurement in this range", "Aucune mesure sur cette période"),
    "empty statistics": ("No measurement in this range", "Aucune mesure sur cette période"),
    "newest marks": ("only the newest {count} marks", "seulement les {count} repères les plus récents"),
    "newest listed": (
        "The newest {count}. A shorter range, or a zoom, lists those before.",
        "Les {count} plus récents. Une période plus courte, ou un zoom, montre les précédents.",
    ),
    "empty happenings": ("Nothing happened in this range", "Rien ne s’est passé sur cette période"),
    "legend before": ("dashed: {span}", "tirets : {span}"),
    "legend usual": (
        "tint: usual for the hour, 8 of 10 readings of the 8 weeks before",
        "teinte : habituel pour l’heure, 8 mesures sur 10 des 8 semaines précédentes",
    ),
    "legend usual unknown": (
        "nothing is usual yet: there is no reading in the 8 weeks before",
        "rien d’habituel encore : aucune mesure dans les 8 semaines précédentes",
    ),
    "legend usual too long": (
        "what is usual for the hour shows over up to 32 days",
        "l’habituel pour l’heure se montre jusqu’à 32 jours",
    ),
    "timeline of": ("{names}, {start} to {end}", "{names}, du {start} au {end}"),
    "restricted to nothing": (
        "There may be some on other weekdays or at other hours.",
        "Il y en a peut-être d’autres jours ou à d’autres heures.",
    ),
    "show all hours": ("Show every day and hour", "Voir tous les jours et toutes les heures"),
    "compare": ("Compare with", "Comparer avec"),
    "compare before": ("the period before", "la période précédente"),
    "compare usual": ("the usual for the hour", "l’habituel pour l’heure"),
    "only": ("Only", "Seulement"),
    "weekdays": ("Weekdays", "Jours de la semaine"),
    "hours": ("Hours of the day", "Heures de la journée"),
    "from hour": ("From hour", "De l’heure"),
    "to hour": ("To hour", "À l’heure"),
    "marks": ("Marks", "Repères"),
    "marks commands": ("Commands", "Commandes"),
    "marks events": ("Events", "Événements"),
    "marks alerts": ("Alerts", "Alertes"),
    "marks notes": ("Notes", "Notes"),
    "marks losses": ("Losses", "Pertes"),
    "detail": ("Details of", "Détails de"),
    "zone auto": ("Automatic: {zone}", "Automatique : {zone}"),
    "no zone found": ("No such zone", "Aucun fuseau de ce nom"),
}
