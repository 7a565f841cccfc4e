"""The figures drawn: Vega-Lite, rendered here without a browser, into docs/bench/."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import report
from bench.report import Results

FOLDER = Path("docs") / "bench"
OURS, BARE, LOST = "#0b7a55", "#8a8f98", "#c0392b"
DATABASES = {"domain": ["sqlite", "postgresql"], "range": ["#0b7a55", "#3b6fb6"]}
MESSAGES = {"1x": 10_000, "10x": 100_000, "100x": 1_000_000}
POWERS = {"values": [0.01, 0.1, 1, 10, 100, 1_000, 10_000, 100_000]}
LINES = {
    "view open": "list, page 1",
    "page 1,000 of open": "list, page 1,000",
    "filter unread": "unread filter",
    "thread, newest page": "thread",
    "search, word in every message": "search, a common word",
    "search, word in one": "search, a rare word",
}

Spec = dict[str, Any]


def draw(results: Results, folder: Path = FOLDER) -> list[Path]:
    """A file for each drawing whose figures were taken."""
    import vl_convert

    folder.mkdir(parents=True, exist_ok=True)
    drawn: list[Path] = []
    for name, (needs, spec) in CHARTS.items():
        if values := spec(results):
            file = folder / f"{name}.png"
            whole = _framed(values, report.caption(results, *needs))
            file.write_bytes(vl_convert.vegalite_to_png(whole, scale=2))
            drawn.append(file)
    return drawn


def _framed(spec: Spec, caption: str) -> Spec:
    title = {"text": spec.pop("title"), "subtitle": caption, "anchor": "start", "offset": 14}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "padding": 16,
        "title": title | {"subtitleColor": "#5f6670", "fontSize": 16},
        "config": {
            "axis": {"labelFontSize": 12, "titleFontSize": 12, "gridColor": "#e6e8eb"},
            "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 300},
            "header": {"labelFontSize": 13, "title": None},
        },
        **spec,
    }


# ---- all figures against their aims


def aims(results: Results) -> Spec | None:
    values = [
        {
            "what": row.what,
            "database": row.database,
            "reached": max(min(row.reached, 100), 0.01),
            "said": row.here if row.ratio == "-" or "ms" in row.aim else f"{row.ratio} x",
        }
        for row in report.rows(results)
        if row.reached is not None
    ]
    if not values:
        return None
    shared = {
        "y": {
            "field": "what",
            "type": "nominal",
            "sort": None,
            "title": None,
            "axis": {"labelLimit": 420},
        },
        "yOffset": {"field": "database", "sort": DATABASES["domain"]},
    }
    share = {
        "field": "reached",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [0.01, 100]},
        "title": "share of the aim (1 is met, more is better)",
        "axis": {"values": [0.01, 0.1, 1, 10, 100]},
    }
    color = {"field": "database", "type": "nominal", "scale": DATABASES, "title": None}
    return {
        "title": "Every figure against its aim",
        "data": {"values": values},
        "width": 460,
        "height": {"step": 14},
        "layer": [
            {"mark": {"type": "rule", "color": "#333", "strokeDash": [4, 3]},
             "encoding": {"x": {"datum": 1}}},
            {"mark": {"type": "point", "filled": True, "size": 60},
             "encoding": shared | {"x": share, "color": color}},
            {"mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 10},
             "encoding": shared | {"x": share, "text": {"field": "said"}}},
        ],
    }  # fmt: skip


# ---- what more data costs


def growth(results: Results) -> Spec | None:
    runs = [run for run in results.get("growth", {}).get("runs", []) if "size" in run]
    values = [
        {"messages": MESSAGES[run["size"]], "database": run["database"], "what": what, "ms": ms}
        for run in runs
        for what, ms in _milliseconds(run)
    ]
    if not values:
        return None
    return {
        "title": "Milliseconds of SQL with 1, 10 and 100 times the data",
        "data": {"values": values},
        "facet": {"column": {"field": "database", "sort": DATABASES["domain"]}},
        "spec": {
            "width": 300,
            "height": 300,
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": {"field": "messages", "type": "quantitative", "title": "messages",
                      "scale": {"type": "log", "domain": [8_000, 1_250_000], "nice": False},
                      "axis": {"values": list(MESSAGES.values()), "format": ",d"}},
                "y": {"field": "ms", "type": "quantitative", "scale": {"type": "log"},
                      "axis": POWERS, "title": "ms"},
                "color": {"field": "what", "type": "nominal", "title": None, "sort": None},
            },
        },
    }  # fmt: skip


def _milliseconds(run: Results) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    if figures := run["inbox"].get("figures"):
        found += [(words, figures[name]["sql_ms"]) for name, words in LINES.items()]
    if drained := run["inbox"].get("drain"):
        found.append(("apply one event", 1000 / drained["per_second"]))
    if figures := run["analytics"].get("figures"):
        found.append(("analytics page", figures["the whole page"]["ms"]))
        found.append(("the same by GROUP BY", figures["the whole page"]["plain_ms"]))
    return [(what, max(ms, 0.01)) for what, ms in found]


# ---- live push


def push(results: Results) -> Spec | None:
    kinds = {
        "p50": "inbox, p50",
        "p95": "inbox, p95",
        "bare_p50": "bare push, p50",
        "bare_p95": "bare push, p95",
    }
    values = [
        {"browsers": int(count), "database": run["database"], "kind": words, "ms": run[count][key]}
        for run in _good(results, "push")
        for count in run
        if count.isdigit()
        for key, words in kinds.items()
    ]
    if not values:
        return None
    return {
        "title": "From a committed message to the browsers that show it",
        "data": {"values": values},
        "facet": {"column": {"field": "database", "sort": DATABASES["domain"]}},
        "spec": {
            "width": 280,
            "height": 260,
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": {"field": "browsers", "type": "ordinal", "title": "browsers",
                      "axis": {"labelAngle": 0}},
                "y": {"field": "ms", "type": "quantitative", "scale": {"type": "log"},
                      "axis": POWERS, "title": "ms"},
                "color": {"field": "kind", "type": "nominal", "title": None,
                          "scale": {"domain": list(kinds.values()),
                                    "range": [OURS, OURS, BARE, BARE]}},
                "strokeDash": {"field": "kind", "type": "nominal", "title": None,
                               "scale": {"domain": list(kinds.values()),
                                         "range": [[1, 0], [5, 3], [1, 0], [5, 3]]}},
            },
        },
    }  # fmt: skip


# ---- peers


def peers(results: Results) -> Spec | None:
    runs = _good(results, "peers")
    names = {"ours": "IllumiChat", "pywa": "pywa 4.5", "fastapi": "FastAPI + SQLModel"}
    both = [(run["database"], words, run[name]) for run in runs for name, words in names.items()]
    if not both:
        return None
    rates = [{"database": d, "who": who, "rate": one["per_second"]} for d, who, one in both]
    kept = [
        {"database": d, "who": who, "what": what, "share": share / max(one["acked"], 1),
         "order": order}
        for d, who, one in both
        for order, (what, share) in enumerate(
            (("stored", one["acked"] - one["lost"]), ("lost", one["lost"]))
        )
    ]  # fmt: skip
    who = {"field": "who", "type": "nominal", "sort": list(names.values()), "title": None}
    by_database = {"row": {"field": "database", "sort": DATABASES["domain"]}}
    return {
        "title": "Intake beside others, 64 connections",
        "hconcat": [
            {
                "data": {"values": rates},
                "facet": by_database,
                "spec": {"width": 330, "height": 90, **_bars(rates, who)},
            },
            {
                "data": {"values": kept},
                "facet": by_database,
                "spec": {
                    "width": 260,
                    "height": 90,
                    "mark": {"type": "bar", "height": 18},
                    "encoding": {
                        "y": who | {"axis": None},
                        "x": {"field": "share", "type": "quantitative",
                              "axis": {"format": "%"},
                              "title": "of the 200s before a SIGKILL"},
                        "order": {"field": "order"},
                        "color": {"field": "what", "type": "nominal", "title": None,
                                  "scale": {"domain": ["stored", "lost"], "range": [OURS, LOST]}},
                    },
                },
            },
        ],
    }  # fmt: skip


def _bars(rates: list[Spec], who: Spec) -> Spec:
    x = {
        "field": "rate",
        "type": "quantitative",
        "title": "deliveries answered a second",
        "scale": {"domain": [0, max(one["rate"] for one in rates) * 1.18]},
    }
    return {
        "layer": [
            {"mark": {"type": "bar", "color": OURS, "height": 18}, "encoding": {"x": x, "y": who}},
            {"mark": {"type": "text", "align": "left", "dx": 5},
             "encoding": {"x": x, "y": who, "text": {"field": "rate", "format": ",.0f"}}},
        ]
    }  # fmt: skip


def _good(results: Results, name: str) -> list[Results]:
    return [run for run in results.get(name, {}).get("runs", []) if "failed" not in run]


Draw = Callable[[Results], Spec | None]
CHARTS: dict[str, tuple[tuple[str, ...], Draw]] = {
    "aims": (tuple(report.MEASURED), aims),
    "growth": (("growth",), growth),
    "push": (("push",), push),
    "peers": (("peers",), peers),
}
