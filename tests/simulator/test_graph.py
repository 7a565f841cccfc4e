"""What every request to the simulated Graph API shares: tokens, ids, headers and versions."""

import pytest

from meta_simulator import Simulator, seed
from tests.simulator.conftest import NUMBER, Graph, error

pytestmark = pytest.mark.anyio


TOKENS = [
    ({}, (403, 200, 0)),
    ({"Authorization": "Bearer nonsense"}, (401, 190, 0)),
]


@pytest.mark.parametrize(("headers", "expected"), TOKENS)
async def test_a_bad_token_is_refused(
    graph: Graph, headers: dict[str, str], expected: tuple[int, int, int]
) -> None:
    del graph.http.headers["Authorization"]
    graph.http.headers.update(headers)
    answer = await graph.send()
    assert error(answer) == expected
    assert answer.json()["error"]["fbtrace_id"]


async def test_scopes_expiry_and_foreign_accounts(simulator: Simulator, graph: Graph) -> None:
    tenant = simulator.add_tenant(name="Blue Kite")
    assert error(await graph.send(number=tenant["phone_number_id"])) == (400, 100, 33)
    token = simulator.world.tokens[seed.TOKEN]
    token.scopes = ["whatsapp_business_management"]
    assert error(await graph.send())[:2] == (403, 10)
    token.scopes = ["whatsapp_business_messaging"]
    assert error(await graph.get(f"{seed.WABA_ID}/message_templates"))[:2] == (403, 200)
    token.expires_at = simulator.clock.now() - 1
    assert error(await graph.send()) == (401, 190, 463)
    token.expires_at, token.dead_subcode = 0.0, 458
    assert error(await graph.send()) == (401, 190, 458)


async def test_an_unknown_id_is_100_33_with_metas_words(graph: Graph) -> None:
    answer = await graph.get("999")
    assert error(answer) == (400, 100, 33)
    assert answer.json()["error"]["type"] == "GraphMethodException"
    assert answer.json()["error"]["message"].startswith(
        "Unsupported get request. Object with ID '999' does not exist"
    )


async def test_every_answer_carries_metas_headers(graph: Graph) -> None:
    for answer in (await graph.get(NUMBER), await graph.get("999")):
        assert answer.headers["facebook-api-version"] == "v26.0"
        assert answer.headers["x-fb-trace-id"]
        assert "call_count" in answer.json().get("x", answer.headers["x-app-usage"])
        assert "estimated_time_to_regain_access" in answer.headers["x-business-use-case-usage"]


async def test_any_version_works_and_broken_json_is_100(graph: Graph) -> None:
    assert (await graph.http.get(f"/v19.0/{NUMBER}")).headers["facebook-api-version"] == "v19.0"
    headers = {"Content-Type": "application/json"}
    broken = await graph.http.post(f"/v26.0/{NUMBER}/messages", content=b"{", headers=headers)
    assert error(broken)[:2] == (400, 100)
