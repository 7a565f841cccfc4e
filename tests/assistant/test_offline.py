"""The assistant without a key: small talk, quotes from the passages, honest hand-overs."""

import pytest

from integrations.llm import Answer, HandOverCode, Passage, Question, Speaker, Turn, answer
from integrations.llm.person_wordings import WORDINGS
from integrations.llm.phrases import Phrase, phrase
from integrations.llm.small_talk import small_talk

pytestmark = pytest.mark.anyio

HOURS = Passage("Opening hours", "We are open Monday to Saturday, 9:00 to 18:00.", 3.0)
SHIPPING = Passage("Shipping", "Parcels take 2 days. Shipping is free from 50 euros.", 2.0)


async def ask(*said: str, passages: list[Passage] | None = None, limit: int = 4096) -> Answer:
    history = [Turn(Speaker.CUSTOMER, text) for text in said]
    return await answer(Question("", "Mila", history, passages or [], limit), "offline")


async def test_it_answers_in_the_words_of_the_passage():
    found = await ask("When are you open?", passages=[HOURS])

    assert (found.text, found.hand_over) == (HOURS.body, None)
    assert found.model == "offline"


async def test_two_questions_are_answered_from_two_passages():
    found = await ask("When are you open?", "And is shipping free?", passages=[HOURS, SHIPPING])

    assert found.text == f"{HOURS.body}\n\n{SHIPPING.body}"


async def test_a_second_passage_about_the_same_words_is_left_out():
    again = Passage("Hours", "We are open long.", 1.0)

    assert (await ask("When are you open?", passages=[HOURS, again])).text == HOURS.body


async def test_of_a_long_passage_only_the_sentences_about_the_question_are_said():
    body = "We began in 1982. " * 20 + "Parking is behind the house. It costs nothing. Enjoy."
    found = await ask("where is the parking?", passages=[Passage("The shop", body, 2.0)])

    assert found.text == "Parking is behind the house. It costs nothing."


async def test_a_long_passage_known_by_its_title_begins_at_its_beginning():
    body = "First sentence here. Second sentence here. " + "Then more of it follows. " * 20
    found = await ask("parking?", passages=[Passage("Parking", body, 2.0)])

    assert found.text == "First sentence here. Second sentence here."


@pytest.mark.parametrize(("limit", "length"), [(40, 20), (10, 10)])
async def test_it_stays_within_the_length(limit: int, length: int):
    found = await ask("shipping of parcels?", passages=[SHIPPING], limit=limit)

    assert found.text is not None
    assert len(found.text) == length


async def test_a_greeting_is_answered_even_where_a_passage_would_fit():
    hello = Passage("Hello", "Hello is our brand of mugs.", 1.0)

    assert (await ask("Hello!", passages=[hello])).text == phrase(Phrase.GREETING)


async def test_a_single_letter_tells_no_language():
    assert (await ask("é 😀")).text == phrase(Phrase.GREETING, "en")


async def test_it_says_that_it_does_not_know_and_hands_over():
    found = await ask("Do you sell bicycles?")

    assert found.text == phrase(Phrase.NO_ANSWER)
    assert found.hand_over == HandOverCode.NO_ANSWER


async def test_a_wish_for_a_person_comes_before_any_passage():
    found = await ask("When are you open? I want to talk to a human", passages=[HOURS])

    assert found.text == phrase(Phrase.PERSON)
    assert found.hand_over == HandOverCode.ASKED_FOR_PERSON


async def test_a_photo_without_words_is_honestly_not_seen():
    turn = Turn(Speaker.CUSTOMER, "", "📷 Photo")
    found = await answer(Question("", "Mila", [turn]), "offline")

    assert found.text == phrase(Phrase.ATTACHMENT)
    assert found.hand_over == HandOverCode.NO_ANSWER


async def test_a_photo_with_a_question_is_answered():
    turn = Turn(Speaker.CUSTOMER, "are you open?", "📷 Photo")

    assert (await answer(Question("", "", [turn], [HOURS]), "offline")).text == HOURS.body


async def test_only_what_nobody_answered_yet_is_asked():
    history = [
        Turn(Speaker.CUSTOMER, "I want a human"),
        Turn(Speaker.HUMAN, "Here I am"),
        Turn(Speaker.EVENT, "The colleague's part has ended."),
        Turn(Speaker.CUSTOMER, "are you open?"),
    ]

    assert (await answer(Question("", "", history, [HOURS]), "offline")).text == HOURS.body


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("¿Tienen bicicletas para los niños?", "es"),
        ("Avez-vous des vélos pour les enfants ?", "fr"),
        ("Vocês têm bicicletas para as crianças?", "pt"),
        ("Haben Sie auch Fahrräder für die Kinder?", "de"),
        ("Avete anche le biciclette per i bambini?", "it"),
        ("Czy macie rowery dla dzieci?", "pl"),
        ("自行车", "en"),
    ],
)
async def test_it_hands_over_in_the_customers_language(said: str, language: str):
    assert (await ask(said)).text == phrase(Phrase.NO_ANSWER, language)


async def test_a_short_message_is_answered_in_the_language_spoken_before():
    history = [
        Turn(Speaker.CUSTOMER, "Guten Tag, haben Sie auch Tassen?"),
        Turn(Speaker.ASSISTANT, "Ja."),
        Turn(Speaker.CUSTOMER, "Fahrrad"),
    ]
    found = await answer(Question("", "", history), "offline")

    assert found.text == phrase(Phrase.NO_ANSWER, "de")


@pytest.mark.parametrize(
    ("said", "wanted", "language"),
    [
        ("Hi there!", Phrase.GREETING, "en"),
        ("Good morning", Phrase.GREETING, "en"),
        ("¡Hola, buenos días!", Phrase.GREETING, "es"),
        ("Bonjour", Phrase.GREETING, "fr"),
        ("Olá, tudo bem?", Phrase.GREETING, "pt"),
        ("Guten Tag", Phrase.GREETING, "de"),
        ("Buongiorno", Phrase.GREETING, "it"),
        ("Dzień dobry", Phrase.GREETING, "pl"),
        ("é 😀", Phrase.GREETING, "en"),
        ("👋", Phrase.GREETING, "en"),
        ("Thank you so much!", Phrase.THANKS, "en"),
        ("muchas gracias", Phrase.THANKS, "es"),
        ("Vielen Dank", Phrase.THANKS, "de"),
        ("are you a robot?", Phrase.WHO, "en"),
        ("Am I talking to a real person?", Phrase.WHO, "en"),
        ("Bist du ein Bot?", Phrase.WHO, "en"),
    ],
)
def test_small_talk_is_answered_in_kind(said: str, wanted: Phrase, language: str):
    assert small_talk(said, "en") == (wanted, language)


@pytest.mark.parametrize(
    "said",
    [
        "Hi, what are your opening hours?",
        "thanks, and the shipping?",
        "is this human hair?",
        "are you a real estate agent?",
        "12",
        "day",
        "",
        "  ",
    ],
)
def test_what_says_more_is_no_small_talk(said: str):
    assert small_talk(said, "en") is None


def test_every_language_has_every_phrase():
    assert all(phrase(wanted, code) for code in WORDINGS for wanted in Phrase)
    assert phrase(Phrase.THANKS, "xx") == phrase(Phrase.THANKS, "en")


def test_an_answer_says_something_or_hands_over():
    with pytest.raises(ValueError, match="says something"):
        Answer("  ", None, "")
