"""Asking for a person, in many wordings and languages; and what only looks like it."""

import pytest

from integrations.llm.person_request import asks_for_person

ASKS = [
    ("en", "I want to talk to a human"),
    ("en", "human"),
    ("en", "Human please!"),
    ("en", "agent"),
    ("en", "Can I speak with a real person?"),
    ("en", "can i talk to someone"),
    ("en", "Could you connect me to an agent, please"),
    ("en", "transfer me to customer service"),
    ("en", "I'd rather chat with a person"),
    ("en", "I need a human"),
    ("en", "give me a real person now"),
    ("en", "is there a human I can talk to?"),
    ("en", "Is anyone there?"),
    ("en", "Can someone call me please"),
    ("en", "could a colleague take over"),
    ("en", "I don't want to talk to a bot"),
    ("en", "stop, no more bots"),
    ("en", "not a bot please"),
    ("en", "This isn't working. Let me speak to your manager"),
    ("en", "put me through to a representative"),
    ("en", "Hi! I would like to speak to a member of staff"),
    ("en", "I’d like to talk to somebody from your team"),
    ("es", "Quiero hablar con una persona"),
    ("es", "¿Puedo hablar con alguien?"),
    ("es", "necesito un agente humano"),
    ("es", "pásame con un asesor por favor"),
    ("es", "No quiero hablar con un robot"),
    ("es", "Prefiero una persona real"),
    ("es", "operador"),
    ("es", "Comuníqueme con atención al cliente"),
    ("fr", "Je veux parler à un humain"),
    ("fr", "Puis-je parler à quelqu'un ?"),
    ("fr", "je voudrais un conseiller"),
    ("fr", "Mettez-moi en relation avec un conseiller svp"),
    ("fr", "Je ne veux pas parler à un robot"),
    ("fr", "une vraie personne s'il vous plaît"),
    ("fr", "Y a-t-il quelqu’un ?"),
    ("pt", "Quero falar com um humano"),
    ("pt", "Posso falar com alguém?"),
    ("pt", "falar com atendente"),
    ("pt", "preciso de um atendente por favor"),
    ("pt", "não quero falar com robô"),
    ("pt", "Gostaria de falar com uma pessoa de verdade"),
    ("de", "Ich möchte mit einem Menschen sprechen"),
    ("de", "Kann ich mit jemandem reden?"),
    ("de", "Mitarbeiter bitte"),
    ("de", "Verbinden Sie mich bitte mit einem Mitarbeiter"),
    ("de", "Ich will nicht mit einem Bot schreiben"),
    ("de", "gibt es hier einen echten Menschen?"),
    ("de", "Kann mich bitte jemand anrufen?"),
    ("it", "Voglio parlare con una persona"),
    ("it", "Posso parlare con qualcuno?"),
    ("it", "Vorrei un operatore"),
    ("it", "mi passi un operatore per favore"),
    ("it", "Non voglio parlare con un robot"),
    ("it", "preferirei una persona vera"),
    ("pl", "Chcę rozmawiać z człowiekiem"),
    ("pl", "Czy mogę porozmawiać z kimś?"),
    ("pl", "Proszę o kontakt z konsultantem"),
    ("pl", "połącz mnie z pracownikiem"),
    ("pl", "nie chcę rozmawiać z botem"),
    ("pl", "konsultant"),
]

DOES_NOT_ASK = [
    "is this human hair?",
    "Do you have human hair wigs?",
    "I want human hair extensions",
    "my agent sent me a parcel",
    "The shipping agent called me yesterday",
    "I am not a robot",
    "Does the robot vacuum work on carpet?",
    "Do you sell cleaning agents?",
    "I need a gift for a person who loves tea",
    "How much is it per person?",
    "table for one person please",
    "I don't want to talk to a human, you are fine",
    "no need to connect me to an agent",
    "I spoke with someone yesterday about my order",
    "My manager wants an invoice",
    "Do I need a representative number on the form?",
    "What is human resources' e-mail?",
    "I would like to order two mugs",
    "talk soon!",
    "Thanks, talk to you later",
    "Can I chat about my order here?",
    "¿Cuánto cuesta por persona?",
    "¿El pelo es humano natural?",
    "No quiero hablar con una persona, gracias",
    "Mi agente inmobiliario me dio su número",
    "C'est combien par personne ?",
    "Je cherche un agent immobilier",
    "Quanto custa por pessoa?",
    "É cabelo humano?",
    "Was kostet es pro Person?",
    "Ist das menschliches Haar?",
    "Quanto costa a persona?",
    "Ile to kosztuje od osoby?",
    "",
    "😀",
]


@pytest.mark.parametrize(("language", "text"), ASKS)
def test_it_hears_the_wish_for_a_person(language: str, text: str):
    assert asks_for_person(text) == language


@pytest.mark.parametrize("text", DOES_NOT_ASK)
def test_it_does_not_hear_what_was_not_asked(text: str):
    assert asks_for_person(text) is None


def test_the_wish_is_heard_among_other_sentences():
    assert (
        asks_for_person("Hola, pedí una taza.\nLlegó rota. Quiero hablar con alguien, ya") == "es"
    )


def test_a_long_text_is_read_in_time():
    assert asks_for_person("talk to a " * 3000) is None
