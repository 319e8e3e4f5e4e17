"""The frame of every page: stores and clocks, header, left panel, the room for content, footer."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import ids, theme
from dashboard.access.roles import Identity, Role
from dashboard.explore.choices import COMPARISONS, MARKS
from dashboard.layouts.lazy import Lazy
from dashboard.notes.panel import editor
from dashboard.pages import PAGES, Page
from dashboard.panels.parts import aria, data, icon, skeleton
from dashboard.translations import LANGUAGES, Say, speaker
from telemetry.settings import Settings
from telemetry.timestamps import now_us

#: What the browser's own functions say, in the page's language.
_BROWSER_PHRASES = (
    "screen now",
    "screen typed",
    "screen unknown",
    "lost",
    "scheme light",
    "scheme dark",
    "scheme auto",
    "take begun",
    "take under way",
    "take done",
    "take failed",
    "take stopped",
    "take stop",
    "zone auto",
)

#: Stores that begin empty.
_STORES = (
    ids.BROWSER, ids.OPEN_PAGE, ids.HEALTH, ids.REVISION,
    ids.VIEW, ids.CHOSEN_VIEW, ids.ZOOM, ids.SHOWN, ids.REFRESH, ids.CHART_RETRY,
    ids.NOTE_EDITED, ids.NOTE_WISH, ids.NOTE_REMOVAL, ids.NOTES_CHANGED, ids.NOTES_MARKED,
    ids.OVERVIEW_CHOICES, ids.OVERVIEW_NEWS, ids.OVERVIEW_HEARD, ids.OVERVIEW_REFRESH,
    ids.EXPLORED, ids.EXPLORE_ZOOM, ids.EXPLORE_ZOOMED, ids.EXPLORE_SEEN, ids.EXPLORE_CHOSEN,
    ids.EXPLORE_RETRY,
)  # fmt: skip


def shell(settings: Settings, language: str, who: Identity) -> dmc.MantineProvider:
    """The whole page in one language, for somebody; what they may not use is not shown to them."""
    say = speaker(language)
    return dmc.MantineProvider(
        dmc.DatesProvider(
            html.Div(
                [
                    html.A(say("skip"), href=f"#{ids.MAIN}", className="skip-link"),
                    *_memory(settings, language, say),
                    dmc.AppShell(
                        [
                            dmc.AppShellHeader(header(settings, language, say, who), className="header"),
                            dmc.AppShellNavbar(
                                [
                                    _page_links(settings, say, ids.DRAWER),
                                    *(_panel(page, say, who) for page in PAGES),
                                    _drawer_end(settings, language, say, who),
                                ],
                                className="navbar",
                                **aria(label=say("side panel")),
                            ),
                            dmc.AppShellMain(_main(say, who), className="main"),
                        ],
                        id=ids.SHELL,
                        header={"height": 60},
                        navbar={"width": 292, "breakpoint": "md", "collapsed": {"mobile": True}},
                        padding=0,
                        transitionDuration=0,
                    ),
                ],
                className="page",
            ),
            settings={"locale": language, "firstDayOfWeek": 1, "weekendDays": []},
        ),
        id=ids.PROVIDER,
        theme=dict(theme.MANTINE),
        defaultColorScheme="auto",
    )


def _memory(settings: Settings, language: str, say: Say) -> list[Any]:
    """What is remembered between callbacks, and the clocks."""
    page = {
        "language": language,
        "zone": settings.timezone,
        "prefix": _address(settings, ""),
        "pages": [[page.name, page.path, say(f"page {page.name}")] for page in PAGES],
        "now": now_us() // 1_000,
        "words": {phrase: say(phrase) for phrase in _BROWSER_PHRASES},
        "explore": {"comparisons": COMPARISONS, "marks": MARKS},
    }
    return [
        dcc.Location(id=ids.ADDRESS, refresh=False),
        dcc.Store(id=ids.PAGE, data=page),
        dcc.Store(id=ids.LIVE, data=True),
        *(dcc.Store(id=name) for name in _STORES),
        *(dcc.Store(id=ids.visit(page.name)) for page in PAGES),
        dcc.Interval(id=ids.TICK, interval=1_000, max_intervals=0),
        dcc.Interval(id=ids.OVERVIEW_TICK, interval=1_000, max_intervals=0),
        dcc.Interval(id=ids.PULSE, interval=5_000, max_intervals=0),
    ]


def header(settings: Settings, language: str, say: Say, who: Identity) -> html.Div:
    """The ways to the pages, how things stand, who looks and how."""
    names: list[Any] = [html.Strong("Lumos", className="product")]
    if settings.place:
        names.append(html.Span(settings.place, className="place"))
    return html.Div(
        [
            dmc.Burger(id=ids.BURGER, opened=False, hiddenFrom="md", size="sm", **aria(label=say("menu"))),
            html.A(
                [html.Span(icon("activity-heartbeat"), className="logo"), html.Span(names, className="names")],
                href=_address(settings, ""),
                className="home",
            ),
            _page_links(settings, say),
            html.Div(id=ids.BADGES, className="badges", role="group", **aria(label=say("status"))),
            languages(language, say),
            *_account(settings, say, who),
            html.Button(
                [icon("sun", "for-light"), icon("moon", "for-dark"), icon("device-desktop", "for-auto")],
                id=ids.SCHEME,
                className="button square",
                **aria(label=say("scheme auto")),
            ),
        ],
        className="header-row",
    )


def languages(language: str, say: Say) -> html.Div:
    """The switch between the page's languages; in the header, or on a phone at the end of the drawer."""
    return html.Div(
        [_language_button(name, language, say) for name in LANGUAGES],
        className="languages",
        role="group",
        **aria(label=say("language")),
    )


def _language_button(name: str, language: str, say: Say) -> html.Button:
    """The browser's own script listens to these: switching loads the page again in the other language."""
    chosen = aria(pressed="true" if name == language else "false")
    full = say({"en": "english", "fr": "french"}[name])
    return html.Button(name.upper(), className="language", lang=name, title=full, **chosen, **data(language=name))


def _account(settings: Settings, say: Say, who: Identity) -> list[html.Form]:
    """Who is logged in, and the way out; nothing where nobody logs in."""
    if not settings.login_required:
        return []
    role = say(f"role {who.role.word}") if who.role is not Role.NOBODY else ""
    way_out = html.Button(icon("logout"), className="button square", title=say("log out"), **aria(label=say("log out")))
    parts = [html.Span(who.name, className="account-name", title=role), way_out]
    return [html.Form(parts, action=_address(settings, "logout"), method="POST", className="account")]


def _address(settings: Settings, page: str) -> str:
    """The address of a page of ours, also behind a reverse proxy."""
    return f"{settings.base_path.rstrip('/')}/{page}"


def _page_links(settings: Settings, say: Say, drawer: str = "") -> html.Nav:
    """The ways to the pages, in the header, or on a phone in the drawer; the browser's script marks the open one."""

    def link(page: Page) -> dcc.Link:
        words = say(f"page {page.name}")
        return dcc.Link(
            [icon(page.icon), html.Span(words, className="page-name")],
            id=ids.page_link(page.name, drawer),
            href=_address(settings, page.path),
            className="page-link",
            title=words,
        )

    return html.Nav([link(page) for page in PAGES], className=f"pages {drawer}".strip(), **aria(label=say("pages")))


def _page(page: Page, say: Say, who: Identity) -> Lazy:
    heading = html.H1(say(f"page {page.name}"), className="unseen")
    return Lazy([heading, *page.content(say, who)], ids.page(page.name))


def _panel(page: Page, say: Say, who: Identity) -> Lazy:
    return Lazy(page.panel(say, who), ids.page_panel(page.name))


def _drawer_end(settings: Settings, language: str, say: Say, who: Identity) -> html.Div:
    words = html.Span(say("language"), className="dim")
    row = html.Div([words, languages(language, say)], className="phone-row")
    return html.Div([row, *_account(settings, say, who)], className="device-panel phone-end")


def _main(say: Say, who: Identity) -> html.Div:
    return html.Div(
        [
            html.Div(id=ids.BANNERS, className="banners", **aria(live="polite")),
            *(_page(page, say, who) for page in PAGES),
            editor(say),
            html.Footer(
                [
                    html.Label(say("times in"), htmlFor=ids.ZONE),
                    dmc.Select(
                        id=ids.ZONE,
                        data=[],
                        searchable=True,
                        allowDeselect=False,
                        size="xs",
                        rightSection=icon("selector"),
                        nothingFoundMessage=say("no zone found"),
                        className="zone-select",
                    ),
                    html.Span(skeleton("skeleton-line"), id=ids.FOOTER, className="footer-rest"),
                ],
                className="footer",
            ),
        ],
        id=ids.MAIN,
        className="content",
    )
