"""Country calling codes that demos and tests are likely to meet."""

from meta_simulator.world import digits

CALLING_CODES = {
    "1": "US", "20": "EG", "27": "ZA", "30": "GR", "31": "NL", "32": "BE", "33": "FR", "34": "ES",
    "351": "PT", "353": "IE", "358": "FI", "36": "HU", "39": "IT", "40": "RO", "41": "CH",
    "420": "CZ", "43": "AT", "44": "GB", "45": "DK", "46": "SE", "47": "NO", "48": "PL",
    "49": "DE", "51": "PE", "52": "MX", "54": "AR", "55": "BR", "56": "CL", "57": "CO",
    "61": "AU", "62": "ID", "65": "SG", "81": "JP", "90": "TR", "91": "IN", "966": "SA",
    "971": "AE", "972": "IL",
}  # fmt: skip


def calling_code(phone: str) -> str:
    """The country calling code of a phone number, 1 when unknown."""
    plain = digits(phone)
    return next((plain[:n] for n in (3, 2, 1) if plain[:n] in CALLING_CODES), "1")


def country_of(phone: str) -> str:
    """The ISO country of a phone number, US when unknown."""
    return CALLING_CODES[calling_code(phone)]
