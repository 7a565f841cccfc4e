from dataclasses import dataclass

import pytest

from domain.knowledge import rank


@dataclass
class Passage:
    title: str
    body: str


SHOP = [
    Passage("Opening hours", "We are open Monday to Saturday, 9:00 to 18:00. Closed on Sunday."),
    Passage(
        "Shipping",
        "Parcels within Portugal take 2 days, the rest of Europe 5 days. It is free from 50 euros.",
    ),
    Passage(
        "Returns",
        "You may send anything back within 30 days if it is unused. We refund the"
        " price within a week.",
    ),
    Passage("Repairs", "A broken mug is replaced for free: send us a photo of it."),
    Passage("Envíos a América", "Enviamos a toda América Latina en 10 días hábiles."),
    Passage("Godziny otwarcia", "Sklep jest otwarty od poniedziałku do soboty, żółty budynek."),
    Passage("营业时间", "我们的营业时间是周一到周六，上午九点到下午六点。"),
]

QUESTIONS = [
    ("What are your opening hours?", "Opening hours"),
    ("are you closed on sundays", "Opening hours"),
    ("How long does shipping take?", "Shipping"),
    ("My sister wonders about shipping", "Shipping"),
    ("is delivery of parcels free?", "Shipping"),
    ("Can I return it? I want my money refunded", "Returns"),
    (
        "Hi, I bought a mug from your lovely little shop last week and it arrived broken yesterday,"
        " what now?",
        "Repairs",
    ),
    ("¿Hacen envios a America?", "Envíos a América"),
    ("Jakie sa godziny otwarcia sklepu?", "Godziny otwarcia"),
    ("zolty budynek", "Godziny otwarcia"),
    ("你们的营业时间是什么？", "营业时间"),
]

UNRELATED = [
    "What is the capital of France?",
    "Who won the football match?",
    "tell me a joke",
    "write a poem about autumn leaves please",
    "¿Cuál es tu color favorito?",
    "é 😀",
    "",
    "the and of is",
    "股票价格",
]


@pytest.mark.parametrize(("query", "title"), QUESTIONS)
def test_the_passage_that_answers_comes_first(query: str, title: str):
    assert rank(SHOP, query)[0].title == title


@pytest.mark.parametrize("query", UNRELATED)
def test_an_unrelated_question_finds_nothing(query: str):
    assert rank(SHOP, query) == []


def test_best_first_and_no_more_than_asked_for():
    found = rank(SHOP, "opening hours, shipping days, returns and repairs", limit=2)

    assert len(found) == 2
    assert found[0].score >= found[1].score > 0


def test_a_word_in_the_title_weighs_more_than_in_the_body():
    passages = [Passage("Mugs", "We glaze them by hand."), Passage("Cups", "Like mugs.")]

    assert rank(passages, "mugs")[0].title == "Mugs"


def test_a_changed_passage_is_found_by_its_new_words():
    assert rank([Passage("Parking", "Behind the house.")], "parking")
    assert not rank([Passage("Garden", "Behind the house.")], "parking")


@pytest.mark.parametrize("passages", [[], [Passage("", "")], [Passage("?!", "…")]])
def test_nothing_to_search_finds_nothing(passages: list[Passage]):
    assert rank(passages, "opening hours") == []
