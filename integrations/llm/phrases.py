"""The fixed sentences the assistant may send, in the languages it can tell apart.

None promises when a person answers: nobody knows that here.
"""

from enum import StrEnum

from integrations.llm.words import DEFAULT_LANGUAGE


class Phrase(StrEnum):
    GREETING = "greeting"
    THANKS = "thanks"
    WHO = "who"
    PERSON = "person"
    NO_ANSWER = "no_answer"
    ATTACHMENT = "attachment"
    FAILURE = "failure"
    RESEND = "resend"


def phrase(wanted: Phrase, language: str = DEFAULT_LANGUAGE) -> str:
    """The sentence in this language, else in English."""
    return _PHRASES.get(language, _PHRASES[DEFAULT_LANGUAGE])[wanted]


_PHRASES: dict[str, dict[Phrase, str]] = {
    "en": {
        Phrase.GREETING: "Hi! How can I help you? 😊",
        Phrase.THANKS: "You're welcome! Just write if you need anything else.",
        Phrase.WHO: "I'm the automated assistant here. If you'd rather talk to a person, just "
        "say so.",
        Phrase.PERSON: "Of course. I've asked a colleague to join. I can't say exactly when they "
        "will be free, but they will answer you right here.",
        Phrase.NO_ANSWER: "I'm sorry, I don't know that. I've passed your question to a "
        "colleague, who will answer you right here.",
        Phrase.ATTACHMENT: "Thanks! I can only read text, so I've asked a colleague to have a "
        "look. They will answer you right here.",
        Phrase.FAILURE: "I'm sorry, I can't answer right now. I've asked a colleague to help, "
        "who will answer you right here.",
        Phrase.RESEND: "Sorry, your message didn't come through on our side. Could you please "
        "send it again?",
    },
    "es": {
        Phrase.GREETING: "¡Hola! ¿En qué puedo ayudarte? 😊",
        Phrase.THANKS: "¡De nada! Escríbeme si necesitas algo más.",
        Phrase.WHO: "Soy el asistente automático. Si prefieres hablar con una persona, solo "
        "dímelo.",
        Phrase.PERSON: "Claro. He avisado a un compañero. No puedo decirte exactamente cuándo "
        "estará libre, pero te responderá aquí mismo.",
        Phrase.NO_ANSWER: "Lo siento, eso no lo sé. He pasado tu pregunta a un compañero, que te "
        "responderá aquí mismo.",
        Phrase.ATTACHMENT: "¡Gracias! Solo puedo leer texto, así que he pedido a un compañero "
        "que lo mire. Te responderá aquí mismo.",
        Phrase.FAILURE: "Lo siento, ahora mismo no puedo responder. He avisado a un compañero, "
        "que te responderá aquí mismo.",
        Phrase.RESEND: "Perdona, tu mensaje no nos ha llegado bien. ¿Puedes enviarlo otra vez?",
    },
    "fr": {
        Phrase.GREETING: "Bonjour ! Comment puis-je vous aider ? 😊",
        Phrase.THANKS: "Avec plaisir ! Écrivez-moi si vous avez besoin d'autre chose.",
        Phrase.WHO: "Je suis l'assistant automatique. Si vous préférez parler à quelqu'un, "
        "dites-le-moi simplement.",
        Phrase.PERSON: "Bien sûr. J'ai prévenu un collègue. Je ne peux pas dire exactement quand "
        "il sera disponible, mais il vous répondra ici.",
        Phrase.NO_ANSWER: "Désolé, je ne connais pas la réponse. J'ai transmis votre question à "
        "un collègue, qui vous répondra ici.",
        Phrase.ATTACHMENT: "Merci ! Je ne peux lire que du texte, j'ai donc demandé à un "
        "collègue de regarder. Il vous répondra ici.",
        Phrase.FAILURE: "Désolé, je ne peux pas répondre pour le moment. J'ai prévenu un "
        "collègue, qui vous répondra ici.",
        Phrase.RESEND: "Désolé, votre message ne nous est pas parvenu. Pouvez-vous l'envoyer à "
        "nouveau ?",
    },
    "pt": {
        Phrase.GREETING: "Olá! Como posso ajudar? 😊",
        Phrase.THANKS: "De nada! É só escrever se precisar de mais alguma coisa.",
        Phrase.WHO: "Sou o assistente automático. Se preferir falar com uma pessoa, é só dizer.",
        Phrase.PERSON: "Claro. Já chamei um colega. Não sei dizer exatamente quando estará "
        "livre, mas vai responder por aqui.",
        Phrase.NO_ANSWER: "Desculpe, isso eu não sei. Passei a sua pergunta a um colega, que vai "
        "responder por aqui.",
        Phrase.ATTACHMENT: "Obrigado! Só consigo ler texto, por isso pedi a um colega para ver. "
        "Ele vai responder por aqui.",
        Phrase.FAILURE: "Desculpe, não consigo responder agora. Já chamei um colega, que vai "
        "responder por aqui.",
        Phrase.RESEND: "Desculpe, a sua mensagem não chegou até nós. Pode enviar outra vez?",
    },
    "de": {
        Phrase.GREETING: "Hallo! Wie kann ich helfen? 😊",
        Phrase.THANKS: "Gern geschehen! Schreiben Sie einfach, wenn Sie noch etwas brauchen.",
        Phrase.WHO: "Ich bin der automatische Assistent hier. Wenn Sie lieber mit einem Menschen "
        "sprechen möchten, sagen Sie es einfach.",
        Phrase.PERSON: "Gern. Ich habe im Team Bescheid gesagt. Wann genau jemand frei ist, kann "
        "ich nicht sagen, aber die Antwort kommt hier.",
        Phrase.NO_ANSWER: "Das weiß ich leider nicht. Ich habe Ihre Frage ans Team "
        "weitergegeben, die Antwort kommt hier.",
        Phrase.ATTACHMENT: "Danke! Ich kann nur Text lesen und habe deshalb im Team Bescheid "
        "gesagt. Die Antwort kommt hier.",
        Phrase.FAILURE: "Ich kann leider gerade nicht antworten. Ich habe im Team Bescheid "
        "gesagt, die Antwort kommt hier.",
        Phrase.RESEND: "Ihre Nachricht ist leider nicht bei uns angekommen. Könnten Sie sie "
        "bitte noch einmal schicken?",
    },
    "it": {
        Phrase.GREETING: "Ciao! Come posso aiutarti? 😊",
        Phrase.THANKS: "Prego! Scrivimi se ti serve altro.",
        Phrase.WHO: "Sono l'assistente automatico. Se preferisci parlare con una persona, "
        "dimmelo pure.",
        Phrase.PERSON: "Certo. Ho avvisato un collega. Non so dirti esattamente quando sarà "
        "libero, ma ti risponderà qui.",
        Phrase.NO_ANSWER: "Mi dispiace, questo non lo so. Ho passato la tua domanda a un "
        "collega, che ti risponderà qui.",
        Phrase.ATTACHMENT: "Grazie! Posso leggere solo testo, quindi ho chiesto a un collega di "
        "dare un'occhiata. Ti risponderà qui.",
        Phrase.FAILURE: "Mi dispiace, ora non riesco a rispondere. Ho avvisato un collega, che "
        "ti risponderà qui.",
        Phrase.RESEND: "Scusa, il tuo messaggio non ci è arrivato. Puoi inviarlo di nuovo?",
    },
    "pl": {
        Phrase.GREETING: "Cześć! W czym mogę pomóc? 😊",
        Phrase.THANKS: "Nie ma za co! Proszę pisać, jeśli coś jeszcze będzie potrzebne.",
        Phrase.WHO: "Jestem automatycznym asystentem. Jeśli wolisz rozmowę z człowiekiem, napisz.",
        Phrase.PERSON: "Oczywiście. Poprosiłem kogoś z zespołu o pomoc. Nie wiem dokładnie, "
        "kiedy będzie wolny, ale odpowie tutaj.",
        Phrase.NO_ANSWER: "Niestety tego nie wiem. Przekazałem pytanie komuś z zespołu, kto "
        "odpowie tutaj.",
        Phrase.ATTACHMENT: "Dziękuję! Umiem czytać tylko tekst, więc poprosiłem kogoś z zespołu, "
        "żeby to obejrzał. Odpowiedź przyjdzie tutaj.",
        Phrase.FAILURE: "Niestety nie mogę teraz odpowiedzieć. Poprosiłem o pomoc kogoś z "
        "zespołu, kto odpowie tutaj.",
        Phrase.RESEND: "Niestety wiadomość do nas nie dotarła. Czy możesz wysłać ją jeszcze raz?",
    },
}
