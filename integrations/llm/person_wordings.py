"""How customers ask for a person, per language: the vocabulary of `person_request`.

Written as folded text is: lower case, no accents, no apostrophes. Each entry is a piece of a
regular expression.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`talk` and `want` are verbs, `someone` counts after a verb of talking only.

    `link` words may stand between a verb of wanting and the person, `not_after` words turn the
    person into something else ("human hair"), `refuse` before a verb turns the request around,
    `against` before a `bot` is a request too, and `also` holds whole wordings.
    """

    talk: str
    want: str
    person: str
    someone: str
    link: str
    polite: str
    refuse: str
    against: str
    bot: str
    not_after: str = r"\b\B"
    also: tuple[str, ...] = ()


WORDINGS: dict[str, Wording] = {
    "en": Wording(
        talk="talk|talking|speak|speaking|chat|chatting|connect|transfer|put|switch|pass|forward"
        "|escalate|redirect|hand",
        want="want|need|like|prefer|rather have|give|get|send|fetch|find|reach|contact|ask for"
        "|call"
        "|request|see|have|speak|talk",
        person="humans?|human being|(?:real|live|actual|living) (?:person|people|someone|agent"
        "|one)"
        "|person|(?:live |human |support |sales |service )?agent|representative|rep|operator"
        "|customer (?:service|care|support)|(?:human|live) (?:support|chat|help)"
        "|member of staff|staff member|supervisor",
        someone="someone|somebody|people|anyone|advis[eo]r|colleague|coworker|staff|manager"
        "|employee"
        "|support|team|owner|the boss|your boss",
        link="a|an|the|to|with|me|us|some|your|any|one|of|real|live|actual|another|through|now"
        "|instead",
        polite="please|pls|plz|now|thanks|thank you|hi|hello|hey|ok|sorry|just|again|asap",
        refuse="dont|do not|no need|neednt|not want|not need|rather not|didnt|did not|never",
        against="dont|do not|not|no|stop|enough|hate|tired of|sick of|without|instead of"
        "|rather than"
        "|another|stupid",
        bot="(?:chat|ro)?bots?|machine|computer|ai(?: assistant)?"
        "|automated (?:assistant|reply|replies|answers?)",
        not_after="hair|error|errors|body|size|sized|resources?|rights|made|wig|skin|nature"
        "|anatomy"
        "|friendly|grade|number|code|fee|fees|commission|orange|s|tent|per|health|use|consumption"
        "|portrait|history|figure|who|for the",
        also=(
            r"is (?:there |this )?(?:any|a|an|some)(?:one|body)? ?(?:real |live |actual )?"
            r"(?:human|person|people|agent)?(?: i can (?:talk|speak|chat) (?:to|with))"
            r"|(?:is|are) there (?:a |any |an )?(?:real |live |actual )?"
            r"(?:humans?|persons?|people|agents?)(?: (?:there|here|around|available|online)| \.|$)"
            r"|(?:is )?any(?:one|body) (?:there|real)",
            r"(?:can|could|may|will|would|let|have|please) (?:a |an |some |the )?(?:real |live )?"
            r"(?:human|person|agent|colleague|representative|operator|member of (?:staff"
            r"|your team))"
            r" (?:please )?(?:call|help|contact|answer|reply|assist|take over|get back|look"
            r"|write)",
            r"(?:can|could|will|please have|have) (?:someone|somebody)(?: from \w+ team)?"
            r" (?:please )?(?:call|ring|phone|take over|real)",
        ),
    ),
    "es": Wording(
        talk="hablar|hablo|habla|comunicar\\w*|comunica\\w*|comuniq\\w+|pasar\\w*|pasame|pase\\w*"
        "|paseme|conecta\\w*|conecte\\w*|transfier\\w+|transferir\\w*|chatear|contactar\\w*"
        "|atienda|derivar\\w*|derivame|ponme|pongame",
        want="quiero|quisiera|necesito|prefiero|deseo|dame|deme|busco|solicito|pido|hay|llama"
        "|llamen",
        person="humanos?|persona real|ser humano|persona|agente(?: humano)?|operador(?:a)?"
        "|representante|asesor(?:a)?|atencion al cliente|servicio al cliente|ejecutiv[oa]",
        someone="alguien|encargad[oa]|responsable|gerente|supervisor(?:a)?|companer[oa]|soporte"
        "|equipo|duen[oa]",
        link="a|al|un|una|el|la|con|de|que|algun|alguna|otra|otro|verdad|me|por favor",
        polite="por favor|porfa|hola|gracias|ya|ahora|urgente",
        refuse="no quiero|no necesito|no hace falta|no deseo|no",
        against="no|basta de|odio|harto de|harta de|sin",
        bot="robots?|maquinas?|(?:chat)?bots?|contestador",
        not_after="natural|inmobiliari\\w+|comercial de|mayor|cada|x|de viajes|de aduanas",
        also=(
            r"(?:que )?me (?:atienda|llame|llamen|contacte|responda|conteste)"
            r" (?:un |una )?(?:alguien|persona|humano|agente|asesor)",
        ),
    ),
    "fr": Wording(
        talk="parler|parle|discuter|passe[rz]?(?: moi)?|transfere[rz]?|connecte[rz]?|contacter"
        "|joindre|mettre en (?:relation|contact)|mettez|appeler|echanger",
        want="veux|voudrais|souhaite|souhaiterais|besoin|aimerais|prefere|prefererais|demande"
        "|donnez"
        "|y a t il|il y a",
        person="humain[es]*|etre humain|vraie personne|personne reelle|vrai(?:e)? (?:conseiller"
        "|humain)\\w*"
        "|conseill(?:er|ere)|agent(?: humain)?|operat(?:eur|rice)|service clients?",
        someone="quelqu ?un|une personne|responsable|collegue|representant|employe|un vendeur"
        "|votre equipe",
        link="a|au|avec|un|une|le|la|l|d|de|du|en|vous|votre|parler|moi|ligne",
        polite="svp|s il vous plait|sil vous plait|bonjour|merci|stp",
        refuse="ne veux pas|veux pas|ne souhaite pas|pas besoin|ne voudrais pas|ne|inutile de",
        against="pas|marre d\\w*|assez d\\w*|plus",
        bot="robots?|machines?|(?:chat)?bots?",
        not_after="immobilier|de voyage|d entretien|nettoyant|de nettoyage",
        also=(
            r"y a (?:t )?il (?:un humain|une vraie personne|quelqu ?un)(?: au bout| ici| la| \."
            r"|$)",
        ),
    ),
    "pt": Wording(
        talk="falar|falo|conversar|passar|passa|transferir|transfere|transfira|conectar|contactar"
        "|contatar|ligar|encaminh\\w+",
        want="quero|queria|preciso|prefiro|gostaria|desejo|chama|chame|tem|ha|solicito",
        person="humanos?|pessoa real|pessoa de verdade|ser humano|pessoa|atendente(?: humano)?"
        "|agente(?: humano)?|operador(?:a)?|atendimento(?: humano| ao cliente)?|assistente humano"
        "|representante|consultor(?:a)?",
        someone="alguem|responsavel|gerente|supervisor(?:a)?|colega|suporte|funcionari[oa]"
        "|vendedor(?:a)?|equipe|equipa|don[oa] da loja",
        link="a|o|um|uma|com|para|pra|de|do|ao|algum|alguma|me|ajuda",
        polite="por favor|pfv|ola|oi|obrigad[oa]|agora|ja",
        refuse="nao quero|nao preciso|nao e preciso|nao gostaria|nao",
        against="nao|chega de|odeio|cansad[oa] de|sem",
        bot="robos?|maquinas?|(?:chat)?bots?",
        not_after="fisica|juridica|imobiliari\\w+|de viagens|de limpeza|cada",
        also=(r"(?:tem|ha) alguem (?:ai|aqui|real|de verdade)",),
    ),
    "de": Wording(
        talk="sprechen|reden|spreche|schreiben|chatten|verbinden|verbinde|weiterleiten|leite"
        "|leiten|telefonieren|kontaktieren|durchstellen|unterhalten",
        want="will|mochte|brauche|bevorzuge|wunsche|gib|geben|bitte um|hatte gerne?|gibt es"
        "|bekomme",
        person="mensch(?:en)?|echte[nrm]? (?:person|menschen?|mitarbeiter)|(?:reale[nr]?) person"
        "|mitarbeiter(?:in|innen|s)?|kundenservice|kundendienst|kundenbetreuer(?:in)?"
        "|sachbearbeiter(?:in)?|ansprechpartner(?:in)?|berater(?:in)?|kundenberater(?:in)?"
        "|agent(?:en)?|support mitarbeiter",
        someone="jemand(?:en|em)?|person|kolleg(?:e|en|in)|chef(?:in)?|verkaufer(?:in)?|team"
        "|support",
        link="einen|einem|einer|eine|ein|den|dem|der|die|das|mit|zu|zum|an|mich|mir|uns|ihren"
        "|ihrem"
        "|gern|gerne|lieber|bitte|hier|personlichen",
        polite="bitte|hallo|danke|jetzt|sofort",
        refuse="nicht|kein|keine|keinen",
        against="nicht|keine?n?|genug von|statt",
        bot="(?:(?:chat)?bots?|roboter|maschine|computer|ki|automaten)"
        "(?: (?:sprechen|reden|schreiben|chatten))?",
        not_after="gemacht|schutzend\\w*|immobilien|rabatt|angebot|ausweis",
        also=(
            r"(?:mit )?(?:einem |einer |einen |eine |ihrem |ihren |dem |der |den )?(?:echten "
            r"|realen )?"
            r"(?:menschen|mitarbeiter(?:in)?|jemandem|person|berater(?:in)?|kolleg(?:en|in)"
            r"|kundenservice|ansprechpartner|support|chef)(?: \w+){0,3} "
            r"(?:sprechen|reden|chatten|verbinden|verbunden|schreiben|telefonieren)",
            r"(?:kann|konnte) (?:(?:mich|mir|bitte) )*(?:jemand|ein mensch|ein mitarbeiter)"
            r" (?:(?:mich|mir|bitte) )*(?:anrufen|zuruckrufen|ubernehmen)",
        ),
    ),
    "it": Wording(
        talk="parlare|parlo|parlarne|passa\\w*|mi passi|collega\\w*|trasferi\\w+|chattare"
        "|contattare|metter\\w+|mettimi",
        want="voglio|vorrei|preferisco|preferirei|serve|bisogno|desidero|chiedo|dammi|mi dia|ce",
        person="uman[oi]|persona (?:reale|vera|umana)|essere umano|persona|operat(?:ore|rice)"
        "|agente(?: umano)?|rappresentante|servizio clienti|assistenza clienti|consulente",
        someone="qualcuno|responsabile|collega|titolare|supervisore|addetto|commess[oa]|assistenza",
        link="a|con|un|una|uno|di|il|la|lo|l|al|ad|in|qualche|parlare",
        polite="per favore|perfavore|ciao|buongiorno|grazie|subito",
        refuse="non voglio|non vorrei|non serve|non ho bisogno|non",
        against="non|basta|odio|stuf[oa] di|senza",
        bot="robot|macchina|(?:chat)?bot|risponditore",
        not_after="immobiliare|di viaggio|sola|fisica|per (?!favore)",
        also=(r"ce (?:qualcuno|un umano|una persona)(?: vera| reale| li| qui)",),
    ),
    "pl": Wording(
        talk="rozmawiac|porozmawiac|pogadac|pomowic|mowic|polacz\\w*|polaczyc|przelacz\\w*"
        "|skontaktowac"
        "|przekaz\\w*|pisac|rozmowa|rozmowe|rozmowy|kontakt|kontaktu",
        want="chce|chcialbym|chcialabym|potrzebuje|wole|wolalbym|wolalabym|prosze o|poprosze"
        "|dajcie"
        "|czy jest",
        person="czlowiek(?:iem|a|owi)?|zyw(?:ym|ego|y) (?:czlowiek\\w*|konsultant\\w*)"
        "|prawdziw\\w+ (?:czlowiek\\w*|osob\\w+)|konsultant(?:em|a|ka|ke|ki)?"
        "|pracownik(?:iem|a)?|doradc[aey]|agent(?:em|a)?|operator(?:em|a)?|obslug[aie] klienta"
        "|biur(?:em|o) obslugi",
        someone="kims|ktos|kogos|osob[ae]|kierownik(?:iem|a)?|obsluga|szef(?:em)?|wlascicielem",
        link="z|ze|do|na|o|jakims|jakiegos|zywym|waszym|mnie|sie|kontakt|rozmowe|tu",
        polite="prosze|poprosze|czesc|dzien dobry|teraz|dziekuje",
        refuse="nie chce|nie potrzebuje|nie musze|nie",
        against="nie|dosc|bez",
        bot="(?:chat)?bot(?:em|a|ow)?|robot(?:em|a)?|maszyna|automat(?:em|u)?",
        not_after="nieruchomosci|ubezpieczeniow\\w+",
        also=(r"(?:czy )?jest (?:tu |tam )(?:ktos|czlowiek)",),
    ),
}
