"""Templates: listing, creating, editing, deleting, review, and sending with values."""

from typing import Any

import pytest

from meta_simulator import Simulator
from tests.simulator.conftest import JORGE_ID, WABA, Graph, Inbox, error

pytestmark = pytest.mark.anyio
PATH = f"{WABA}/message_templates"
BODY = {"type": "BODY", "text": "Hello, this is a plain test."}


def wanted(**changes: Any) -> dict[str, Any]:
    return {
        "name": "new_one",
        "language": "en_US",
        "category": "UTILITY",
        "components": [BODY],
    } | changes


def body(text: str, *examples: str) -> list[dict[str, Any]]:
    return [{"type": "BODY", "text": text, "example": {"body_text": [list(examples)]}}]


async def test_list_follows_cursors_to_the_end(graph: Graph) -> None:
    names, query = [], {"limit": "4", "fields": "name,status"}
    for _ in range(10):
        page = (await graph.get(PATH, **query)).json()
        names += [item["name"] for item in page["data"]]
        if "next" not in page["paging"]:
            break
        query["after"] = page["paging"]["cursors"]["after"]
    assert len(names) == len(set(names)) == 6


async def test_the_next_link_works_as_it_is_and_before_goes_back(graph: Graph) -> None:
    first = (await graph.get(PATH, limit="2")).json()
    second = (await graph.http.get(first["paging"]["next"])).json()
    assert second["data"] != first["data"]
    mark = second["paging"]["cursors"]["before"]
    assert (await graph.get(PATH, limit="2", before=mark)).json()["data"] == first["data"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"status": "PENDING"}, ["spring_offer"]),
        ({"status": '["PENDING","REJECTED"]'}, ["spring_offer", "free_gift"]),
        ({"name": "hello_world"}, ["hello_world"]),
        ({"language": "es"}, ["we_missed_you"]),
        ({"category": "AUTHENTICATION"}, ["login_code"]),
        ({"name_or_content": "pedido"}, ["we_missed_you"]),
        ({"name": "nothing"}, []),
    ],
)
async def test_filters(graph: Graph, query: dict[str, str], names: list[str]) -> None:
    assert [t["name"] for t in (await graph.get(PATH, **query)).json()["data"]] == names


async def test_fields_are_chosen_and_unknown_ones_refused(graph: Graph) -> None:
    found = (await graph.get(PATH, fields="name,rejected_reason", status="REJECTED")).json()
    assert found["data"] == [
        {"name": "free_gift", "rejected_reason": "PROMOTIONAL", "id": "880000000000005"}
    ]
    assert error(await graph.get(PATH, fields="colour"))[:2] == (400, 100)


async def test_create_then_approved_with_a_webhook(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    made = (await graph.post(PATH, wanted())).json()
    assert (made["status"], made["category"]) == ("PENDING", "UTILITY")
    await simulator.settle()
    assert (await graph.get(made["id"], fields="status")).json()["status"] == "APPROVED"
    value = inbox.values("message_template_status_update")[0]
    assert value["message_template_id"] == int(made["id"])
    assert (value["event"], value["message_template_language"]) == ("APPROVED", "en_US")
    assert inbox.payloads[0]["entry"][0]["time"] == int(simulator.clock.now())


async def test_a_review_may_take_long(simulator: Simulator, inbox: Inbox, graph: Graph) -> None:
    simulator.faults.update({"hold_templates": 1})
    made = (await graph.post(PATH, wanted())).json()
    await simulator.settle()
    assert (await graph.get(made["id"], fields="status")).json()["status"] == "PENDING"
    assert inbox.values("message_template_status_update") == []
    simulator.review_template(made["id"], "APPROVED")
    assert (await graph.get(made["id"], fields="status")).json()["status"] == "APPROVED"


async def test_rejected_by_the_control_verb(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    made = (await graph.post(PATH, wanted())).json()
    simulator.review_template(made["id"], "REJECTED", "TAG_CONTENT_MISMATCH")
    await simulator.settle()
    found = (await graph.get(made["id"], fields="status,rejected_reason")).json()
    assert (found["status"], found["rejected_reason"]) == ("REJECTED", "TAG_CONTENT_MISMATCH")
    assert [v["reason"] for v in inbox.values("message_template_status_update")] == [
        "TAG_CONTENT_MISMATCH"
    ]


@pytest.mark.parametrize(
    ("changes", "subcode"),
    [
        ({"name": "Bad Name"}, 0),
        ({"language": "english"}, 0),
        ({"category": "PROMO"}, 0),
        ({"components": []}, 0),
        ({"components": [{"type": "FOOTER", "text": "x"}]}, 0),
        ({"components": [BODY, BODY]}, 0),
        ({"name": "hello_world"}, 2388024),
        ({"components": [{"type": "BODY", "text": "x" * 1025}]}, 2388040),
        ({"components": [{"type": "BODY", "text": ""}]}, 2388072),
        ({"components": body("{{1}} is what you asked for today", "x")}, 2388299),
        ({"components": body("Your thing is {{1}}", "x")}, 2388299),
        ({"components": body("{{1}}, {{2}}, {{3}}.", "x", "y", "z")}, 2388299),
        ({"components": body("Hi {{1}}, {{2}}, {{3}}.", "x", "y", "z")}, 2388293),
        ({"components": body("Dear {{1}} your parcel is here today.")}, 2388043),
        ({"components": body("Dear {{2}} your parcel is here today.", "x")}, 2388072),
        ({"components": body("Dear {{1}}{{2}} your parcel is here today.", "x", "y")}, 2388072),
        ({"components": [BODY, {"type": "FOOTER", "text": "Bye {{1}} now"}]}, 2388073),
        ({"components": [BODY, {"type": "FOOTER", "text": "x" * 61}]}, 2388040),
        ({"components": [BODY, {"type": "HEADER", "format": "GIF"}]}, 2388047),
        ({"components": [BODY, {"type": "HEADER", "format": "IMAGE"}]}, 2388043),
        ({"components": [BODY, {"type": "BUTTONS", "buttons": []}]}, 0),
    ],
)
async def test_a_template_against_the_rules_is_refused(
    graph: Graph, changes: dict[str, Any], subcode: int
) -> None:
    answer = await graph.post(PATH, wanted(**changes))
    assert error(answer) == (400, 100, subcode)


@pytest.mark.parametrize(
    "changes",
    [
        {"components": body("A {{1}} b {{2}} c {{3}} d.", "x", "y", "z")},
        {"components": [{"type": "BODY", "text": "x" * 1024}]},
        {"components": [BODY, {"type": "FOOTER", "text": "x" * 60}]},
        {"name": "hello_world", "language": "es"},
    ],
)
async def test_a_template_at_the_edge_is_taken(graph: Graph, changes: dict[str, Any]) -> None:
    assert (await graph.post(PATH, wanted(**changes))).status_code == 200


BUTTON_SETS = [
    ([{"type": "QUICK_REPLY", "text": "Yes"}, {"type": "QUICK_REPLY", "text": "No"}], 200),
    ([{"type": "QUICK_REPLY", "text": "x" * 26}], 400),
    ([{"type": "URL", "text": "Go", "url": "https://x.test/{{1}}", "example": ["a"]}], 200),
    ([{"type": "URL", "text": "Go", "url": "https://x.test/{{1}}/b", "example": ["a"]}], 400),
    ([{"type": "URL", "text": "Go", "url": "https://x.test/{{1}}"}], 400),
    ([{"type": "URL", "text": "Go", "url": "ftp://x.test"}], 400),
    ([{"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+442079460991"}], 200),
    ([{"type": "PHONE_NUMBER", "text": "Call", "phone_number": "12"}], 400),
    ([{"type": "QUICK_REPLY", "text": str(i)} for i in range(11)], 400),
    ([{"type": "URL", "text": "Go", "url": "https://x.test"}] * 3, 400),
    (
        [
            {"type": "QUICK_REPLY", "text": "a"},
            {"type": "URL", "text": "Go", "url": "https://x.test"},
            {"type": "QUICK_REPLY", "text": "b"},
        ],
        400,
    ),
]


@pytest.mark.parametrize(("buttons", "status"), BUTTON_SETS)
async def test_button_rules(graph: Graph, buttons: list[dict[str, Any]], status: int) -> None:
    components = [BODY, {"type": "BUTTONS", "buttons": buttons}]
    assert (await graph.post(PATH, wanted(components=components))).status_code == status


async def test_edit_goes_to_review_again_once_a_day(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    made = (await graph.post(PATH, wanted())).json()["id"]
    change = {"components": [{"type": "BODY", "text": "Something else now."}]}
    assert error(await graph.post(made, change)) == (400, 100, 2388039)
    await simulator.settle()
    assert (await graph.post(made, change)).json() == {"success": True}
    found = (await graph.get(made, fields="status,components")).json()
    assert (found["status"], found["components"]) == ("PENDING", change["components"])
    await simulator.settle()
    assert error(await graph.post(made, change)) == (400, 100, 2388039)
    simulator.clock.advance(86400)
    assert (await graph.post(made, change)).status_code == 200


async def test_the_category_of_an_approved_template_stays(graph: Graph) -> None:
    answer = await graph.post("880000000000001", {"category": "MARKETING"})
    assert error(answer)[:2] == (400, 100)


async def test_delete_by_name_takes_all_languages_and_locks_30_days(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    await graph.post(PATH, wanted(name="hello_world", language="es"))
    assert (await graph.delete(PATH, name="hello_world")).json() == {"success": True}
    assert (await graph.get(PATH, name="hello_world")).json()["data"] == []
    again = wanted(name="hello_world")
    assert error(await graph.post(PATH, again)) == (400, 100, 2388023)
    simulator.clock.advance(30 * 86400 + 1)
    assert (await graph.post(PATH, again)).status_code == 200


async def test_delete_one_language_by_id(graph: Graph) -> None:
    await graph.post(PATH, wanted(name="hello_world", language="es"))
    query = {"hsm_id": "880000000000001", "name": "hello_world"}
    assert (await graph.delete(PATH, **query)).status_code == 200
    left = (await graph.get(PATH, name="hello_world")).json()["data"]
    assert [t["language"] for t in left] == ["es"]


async def test_delete_many_is_all_or_nothing(graph: Graph) -> None:
    refused = await graph.delete(PATH, hsm_ids='["880000000000001","1"]')
    assert refused.status_code == 400
    assert (await graph.get("880000000000001")).status_code == 200
    both = '["880000000000001","880000000000002"]'
    assert (await graph.delete(PATH, hsm_ids=both)).status_code == 200
    assert error(await graph.get("880000000000001")) == (400, 100, 33)


async def test_delete_nothing_is_refused(graph: Graph) -> None:
    assert (await graph.delete(PATH, name="nothing")).status_code == 400
    assert (await graph.delete(PATH)).status_code == 400


def template(name: str, code: str, *components: dict[str, Any]) -> dict[str, Any]:
    part = {"name": name, "language": {"code": code}, "components": list(components)}
    return {"type": "template", "template": part}


def values(*texts: str, **more: Any) -> dict[str, Any]:
    return {"type": "body", "parameters": [{"type": "text", "text": t} | more for t in texts]}


def named(**words: str) -> dict[str, Any]:
    parameters = [{"type": "text", "parameter_name": k, "text": v} for k, v in words.items()]
    return {"type": "body", "parameters": parameters}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (template("hello_world", "en"), (404, 132001)),
        (template("nothing", "en_US"), (404, 132001)),
        (template("spring_offer", "en_GB"), (404, 132001)),
        (template("free_gift", "en_GB"), (404, 132001)),
        (template("we_missed_you", "es", values("Lucía")), (400, 132000)),
        (template("we_missed_you", "es"), (400, 132000)),
        (template("hello_world", "en_US", values("extra")), (400, 132000)),
        (template("we_missed_you", "es", values("a", "b\nc")), (400, 132018)),
        (template("we_missed_you", "es", values("a", "b\tc")), (400, 132018)),
        (template("we_missed_you", "es", values("a", "b     c")), (400, 132018)),
        (template("we_missed_you", "es", values("a", "")), (400, 131008)),
        (template("we_missed_you", "es", values("a", "b", type="image")), (400, 132012)),
        (template("we_missed_you", "es", values("a", "x" * 1024)), (400, 132005)),
        (template("order_update", "en_GB", values("Rui", "44")), (400, 100)),
    ],
)
async def test_values_that_do_not_fit_are_refused(
    graph: Graph, sent: dict[str, Any], expected: tuple[int, int]
) -> None:
    assert error(await graph.send(**sent))[:2] == expected


async def test_the_customer_sees_the_filled_text(simulator: Simulator, graph: Graph) -> None:
    await graph.send(**template("we_missed_you", "es", values("Lucía", "4471")))
    await graph.send(**template("order_update", "en_GB", named(order_number="44", first_name="R")))
    shown = [m.rendered["body"] for m in simulator.thread("lucia").messages]
    assert shown == [
        "Hola Lucía, no pudimos responderte a tiempo sobre el pedido 4471. ¿Seguimos?",
        "Hello R, your order 44 is on its way today.",
    ]


@pytest.mark.parametrize(("state", "code"), [("PAUSED", 132015), ("DISABLED", 132016)])
async def test_paused_and_disabled_templates_are_refused(
    simulator: Simulator, graph: Graph, state: str, code: int
) -> None:
    simulator.review_template("880000000000001", state)
    assert error(await graph.send(**template("hello_world", "en_US")))[1] == code


async def test_a_media_header_needs_its_file(simulator: Simulator, graph: Graph) -> None:
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW"]}}
    await graph.post(PATH, wanted(components=[header, BODY]))
    await simulator.settle()
    image = {"type": "image", "image": {"link": "https://x.test/a.png"}}
    text = {"type": "text", "text": "x"}
    for parameters, status, code in (([image], 200, 0), ([text], 400, 132012), ([], 400, 132000)):
        sent = template("new_one", "en_US", {"type": "header", "parameters": parameters})
        answer = await graph.send(**sent)
        assert answer.status_code == status
        assert answer.json().get("error", {}).get("code", 0) == code


async def test_an_authentication_template_needs_a_phone_number(graph: Graph) -> None:
    button = {"type": "button", "sub_type": "url", "index": "0"}
    code = {"parameters": [{"type": "text", "text": "123456"}]}
    sent = template("login_code", "en_US", values("123456"), button | code)
    assert error(await graph.send(JORGE_ID, **sent))[:2] == (400, 131062)
    assert (await graph.send(**sent)).status_code == 200
    without = template("login_code", "en_US", values("123456"))
    assert error(await graph.send(**without))[:2] == (400, 132000)


CODE = [
    {"type": "BODY", "add_security_recommendation": True},
    {"type": "FOOTER", "code_expiration_minutes": 5},
    {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]},
]


async def test_meta_writes_the_words_of_an_authentication_template(graph: Graph) -> None:
    asked = wanted(category="AUTHENTICATION", components=CODE)
    made = (await graph.post(PATH, asked)).json()
    body, footer, buttons = (await graph.get(made["id"], fields="components")).json()["components"]
    assert body["text"].endswith("For your security, do not share this code.")
    assert footer["text"] == "This code expires in 5 minutes."
    assert buttons["buttons"][0]["url"].endswith("code=otp{{1}}")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "BODY", "text": "My own words"},
        {"type": "HEADER", "format": "TEXT", "text": "Hello"},
        {"type": "FOOTER", "code_expiration_minutes": 91},
        {"type": "FOOTER"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Copy"}]},
    ],
)
async def test_an_authentication_template_has_one_form(graph: Graph, part: dict[str, Any]) -> None:
    kept = [each for each in CODE if each["type"] != part["type"]]
    asked = wanted(category="AUTHENTICATION", components=[*kept, part])
    assert error(await graph.post(PATH, asked))[:2] == (400, 100)
