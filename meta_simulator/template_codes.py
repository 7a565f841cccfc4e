"""Authentication templates: Meta writes their words itself."""

from meta_simulator.errors import bad_param
from meta_simulator.shapes import children
from meta_simulator.world import Json

URL = "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"
LONGEST_MINUTES = 90


def check(part: Json, kind: str) -> None:
    """Raises code 100 for own words and for a form that is not Meta's."""
    if kind == "HEADER" or part.get("text"):
        raise bad_param("An authentication template takes no text of its own.")
    minutes = part.get("code_expiration_minutes")
    fine = isinstance(minutes, int) and 1 <= minutes <= LONGEST_MINUTES
    if kind == "FOOTER" and not fine:
        raise bad_param("Param code_expiration_minutes must be 1 to 90.")
    if kind == "BUTTONS" and not any(_is_code(each) for each in children(part, "buttons")):
        raise bad_param("An authentication template needs a button of type OTP.")


def written(components: list[Json]) -> list[Json]:
    """The components as a list shows them afterwards; in English, whatever the language."""
    return [_written(part, str(part.get("type", "")).upper()) for part in components]


def _written(part: Json, kind: str) -> Json:
    if kind == "BODY":
        advice = part.get("add_security_recommendation") is True
        more = " For your security, do not share this code." if advice else ""
        return part | {"text": f"*{{{{1}}}}* is your verification code.{more}"}
    if kind == "FOOTER":
        return part | {"text": f"This code expires in {part['code_expiration_minutes']} minutes."}
    if kind == "BUTTONS":
        return part | {"buttons": [_button(each) for each in children(part, "buttons")]}
    return part


def _is_code(button: Json) -> bool:
    return str(button.get("type", "")).upper() == "OTP"


def _button(button: Json) -> Json:
    label = str(button.get("text") or "Copy code")
    return {"type": "URL", "text": label, "url": URL, "example": [URL.replace("{{1}}", "123456")]}
