"""What `make bench` makes of its figures: the table, the drawings, the choice of measurements."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as bench
from bench import charts, load, report
from integrations.whatsapp import signature, updates

RATE = {"per_second": 4000.0, "p50_ms": 9.0, "p99_ms": 20.0, "acked": 900, "lost": 0}
SENDS = {"per_second": 400.0, "limit_per_second": 500.0, "ratio": 0.8}
PUSHED = {"p50": 20.0, "p95": 40.0, "bare_p50": 10.0, "bare_p95": 20.0, "ratio": 2.0}
LISTED = {"sql_ms": 0.5, "whole_ms": 3.0, "ratio": 1.1}
PAGE = {"ms": 5.0, "plain_ms": 7000.0, "ratio": 1400.0}
MEMORY = {"web": {"rss": 200.0, "pss": 180.0}}
RUNS: dict[str, dict[str, Any]] = {
    "intake": {
        "hmac_only_per_second": 9000.0,
        "durable_per_second": 4500.0,
        "durable_p99_ms": 20.0,
        "in_app_per_second": 3600.0,
        "in_app_p99_ms": 30.0,
        "ratio": 0.5,
        "in_app_ratio": 0.4,
    },
    "peers": {
        "ratio_to_pywa": 5.0,
        "ratio_to_fastapi": 20.0,
        "ours": RATE,
        "pywa": RATE | {"lost": 800},
        "fastapi": RATE,
    },
    "drain": {"per_second": 900, "limit_per_second": 24000, "ratio": 0.04},
    "outbox": {"0 ms": SENDS, "80 ms": SENDS},
    "path": {
        "per_second": 900.0,
        "cpu_ms": {"web": 0.5, "outbox": 1.5},
        "steady": {"pace": 630.0, "p50_ms": 200.0, "p99_ms": 800.0},
    },
    "assistant": {"p50_ms": 90.0, "p95_ms": 120.0},
    "push": {"1": PUSHED, "50": PUSHED, "200": PUSHED},
    "paint": {
        "figures": {"list": {"ms": 900, "beside_ms": 800, "ratio": 1.1}},
        "script_kb": 300,
    },
    "memory": {
        "first_start_s": 60.0,
        "warm_start_s": 9.0,
        "rest_mb": MEMORY,
        "loaded_mb": MEMORY,
    },
    "growth": {
        "size": "100x",
        "inbox": {
            "figures": dict.fromkeys(["page 1 of 100", *charts.LINES, *report.LISTS], LISTED),
            "drain": {"per_second": 900},
        },
        "analytics": {"figures": {"the whole page": PAGE}},
    },
}


@pytest.fixture
def results() -> report.Results:
    """Figures of every measurement on both databases."""
    return {
        name: {
            "taken": "2026-11-28 12:00 UTC",
            "machine": "2 x Some Processor",
            "runs": [copy.deepcopy(run) | {"database": each} for each in ("sqlite", "postgresql")],
        }
        for name, run in RUNS.items()
    }


def row(results: report.Results, what: str) -> report.Row:
    return next(one for one in report.rows(results) if one.what.startswith(what))


class TestTable:
    def test_every_measurement_has_a_row(self, results) -> None:
        assert set(report.MEASURED) == set(bench.WHOLE) == set(results)
        for name in results:
            assert report.rows({name: results[name]})

    def test_a_share_of_at_least_the_aim_is_met(self, results) -> None:
        alone = row(results, "webhook stored before the 200, run alone")
        inside = row(results, "webhook stored before the 200, inside the app")
        assert (alone.met, alone.ratio, alone.aim) == ("yes", "0.50", ">= 0.45")
        assert inside.met == "**no**"

    def test_so_is_one_of_at_most_the_aim(self, results) -> None:
        assert row(results, "live push, browsers: 200, p95").met == "yes"
        assert row(results, "live push, browsers: 1").met == "**no**"
        assert row(results, "event to the model's request").met == "**no**"

    def test_quick_at_a_trickle_is_not_met(self, results) -> None:
        assert row(results, "whole path, event to sent").met == "yes"
        results["path"]["runs"][0]["per_second"] = 6.0
        assert row(results, "whole path, event to sent").met == "**no**"

    def test_nothing_may_be_lost(self, results) -> None:
        assert row(results, "acknowledged and lost").met == "yes"
        results["peers"]["runs"][0]["ours"] = RATE | {"lost": 1}
        assert row(results, "acknowledged and lost").met == "**no**"

    def test_a_figure_without_an_aim_is_only_reported(self, results) -> None:
        assert (row(results, "memory, web").aim, row(results, "memory, web").met) == (
            "reported",
            "-",
        )

    def test_a_failure_is_said(self, results) -> None:
        results["path"]["runs"][0] = {"database": "sqlite", "failed": "exit code 1"}
        assert "| path | sqlite | failed: exit code 1 |" in report.table(results)
        assert "whole path, all write at once | postgresql" in report.table(results)

    def test_so_are_figures_of_another_version(self, results) -> None:
        del results["path"]["runs"][0]["per_second"]
        assert "| path | sqlite | kept by another version" in report.table(results)

    def test_the_words_around_the_table_stay(self, results, tmp_path: Path) -> None:
        page = tmp_path / "bench.md"
        page.write_text(f"Before.\n{report.BEGIN}\nold\n{report.END}\nAfter.\n")
        report.write(results, [], page)
        report.write(results, [Path("docs/bench/aims.png")], page)
        said = page.read_text()
        assert said.startswith("Before.\n")
        assert said.endswith("\nAfter.\n")
        assert said.count(report.HEAD) == 1
        assert "old" not in said
        assert said.count("](bench/aims.png)") == 1
        assert "Taken 2026-11-28 12:00 UTC on 2 x Some Processor." in said

    def test_the_page_of_the_docs_has_its_marks(self) -> None:
        said = report.PAGE.read_text()
        assert said.index(report.BEGIN) < said.index(report.END)


class TestCharts:
    def test_all_are_drawn(self, results, tmp_path: Path) -> None:
        drawn = charts.draw(results, tmp_path)
        assert [file.stem for file in drawn] == ["aims", "growth", "push", "peers"]
        assert all(file.read_bytes().startswith(b"\x89PNG") for file in drawn)

    def test_nothing_is_drawn_of_what_was_not_taken(self, results, tmp_path: Path) -> None:
        assert [file.stem for file in charts.draw({"drain": results["drain"]}, tmp_path)] == [
            "aims"
        ]
        assert charts.draw({}, tmp_path) == []

    def test_a_failure_is_left_out(self, results) -> None:
        for name in ("push", "peers"):
            results[name]["runs"][0] = {"database": "sqlite", "failed": "exit code 1"}
        results["growth"]["runs"][0]["inbox"] = {"database": "sqlite", "failed": "exit code 1"}
        assert "sqlite" not in {one["database"] for one in charts.push(results)["data"]["values"]}
        of_growth = charts.growth(results)["data"]["values"]
        mine = {one["what"] for one in of_growth if one["database"] == "sqlite"}
        assert mine == {"analytics page", "the same by GROUP BY"}


class TestChoice:
    def test_all_without_a_name(self) -> None:
        assert bench.choose([]) == ([*bench.WHOLE, "charts"], "10x")

    def test_names_and_a_size(self) -> None:
        assert bench.choose(["inbox", "100x", "charts"]) == (["inbox", "charts"], "100x")

    def test_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(SystemExit, match="No measurement speed; there are intake"):
            bench.choose(["speed"])


@pytest.mark.parametrize(
    ("run", "failed"),
    [
        ({"database": "sqlite", "ratio": 1.0}, False),
        ({"database": "sqlite", "failed": "exit code 1"}, True),
        ({"size": "1x", "inbox": {"failed": "exit code 1"}, "analytics": {}}, True),
    ],
)
def test_a_failure_is_noticed(run: dict[str, Any], failed: bool) -> None:
    assert bench.has_failed(run) is failed


class TestLoad:
    def test_a_delivery_is_one_new_message(self) -> None:
        content = load.body("wamid.one", 612_000_001)
        (message,) = updates.parse(content)
        assert (message.wamid, message.sender.wa_id) == ("wamid.one", "34612000001")
        assert json.loads(content)["object"] == "whatsapp_business_account"
        assert 1_200 < len(content) < 1_600

    def test_it_is_signed(self) -> None:
        _, whole = next(load.new_messages())
        head, _, content = whole.partition(b"\r\n\r\n")
        header = next(
            line.split(b": ")[1].decode()
            for line in head.split(b"\r\n")
            if line.startswith(b"X-Hub-Signature-256")
        )
        assert signature.verify(load.SECRET, content, header)
        assert not signature.verify("another", content, header)

    def test_no_two_are_alike(self) -> None:
        requests = load.new_messages(customers=2)
        (one, first), (two, second) = next(requests), next(requests)
        assert one != two
        assert first != second
