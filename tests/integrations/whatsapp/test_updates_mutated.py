"""Nothing a body holds makes the parser raise."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from integrations.whatsapp import updates
from tests.payloads import encode, load, names

ODD = st.sampled_from(
    [None, True, 7, -1, 2**70, 1.5, "", "\x00", "\ud83d", "x", [], {}, [{}], {"id": []}, "1e400"]
)


@given(st.data())
def test_mutated_payloads_never_raise(data):
    payload = load(data.draw(st.sampled_from(names())))
    for _ in range(data.draw(st.integers(1, 4))):
        _mutate(payload, data)
    found = updates.parse(encode(payload))
    assert all(isinstance(update, updates.Origin) for update in found)


def _mutate(payload, data):
    spots = list(_spots(payload))
    if spots:
        parent, key = data.draw(st.sampled_from(spots))
        parent[key] = copy.deepcopy(data.draw(ODD))


def _spots(value):
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _spots(value[key])


@given(st.binary())
def test_random_bytes_never_raise(body):
    assert all(isinstance(update, updates.Origin) for update in updates.parse(body))
