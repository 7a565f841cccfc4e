"""The world as it is when the simulator starts."""

from meta_simulator.world import App, Business, Customer, Json, Number, Template, Token, Waba, World

APP_ID = "100000000000001"
APP_SECRET = "simulator-app-secret"  # noqa: S105 - a demo value, for this computer only
CONFIG_ID = "400000000000001"
VERIFY_TOKEN = "simulator-verify-token"  # noqa: S105
TOKEN = "EAASIMULATOR"  # noqa: S105
BUSINESS_ID = "510000000000001"
WABA_ID = "210000000000001"
NUMBER_ID = "310000000000007"


def seeded(app: App, token: str) -> World:
    """Harbour Supplies: one business, one number, three customers, a few templates."""
    world = World()
    world.apps[app.id] = app
    world.businesses[BUSINESS_ID] = Business(BUSINESS_ID, "Harbour Supplies")
    world.wabas[WABA_ID] = Waba(
        WABA_ID, BUSINESS_ID, "Harbour Supplies", subscriptions={app.id: ""}
    )
    world.numbers[NUMBER_ID] = Number(NUMBER_ID, WABA_ID, "+44 20 7946 0991", "Harbour Support")
    world.tokens[token] = Token(token, app.id, BUSINESS_ID)
    world.customers = {c.id: c for c in _customers()}
    world.templates = {t.id: t for t in _templates()}
    return world


def _customers() -> list[Customer]:
    lucia = Customer("lucia", "Lucía Marín", "+34 612 555 014", "34612555014", "ES")
    jorge = Customer("jorge", "Jorge Ortiz", "+34 655 555 881", "34655555881", "ES")
    tomasz = Customer("tomasz", "Tomasz Kowal", "+48 512 555 210", "48512555210", "PL")
    jorge.username, jorge.phone_visible = "jorge.ortiz", False
    lucia.user_ids[BUSINESS_ID] = "ES.20881234567890123401"
    jorge.user_ids[BUSINESS_ID] = "ES.20881234567890123402"
    tomasz.user_ids[BUSINESS_ID] = "PL.20881234567890123403"
    return [lucia, jorge, tomasz]


def _templates() -> list[Template]:
    return [
        _template(1, "hello_world", "en_US", "UTILITY", _hello()),
        _template(2, "we_missed_you", "es", "MARKETING", _missed()),
        _template(3, "order_update", "en_GB", "UTILITY", _order(), format="NAMED"),
        _template(4, "spring_offer", "en_GB", "MARKETING", _offer(), status="PENDING"),
        _template(
            5, "free_gift", "en_GB", "MARKETING", _gift(), status="REJECTED", reason="PROMOTIONAL"
        ),
        _template(6, "login_code", "en_US", "AUTHENTICATION", _code()),
    ]


def _template(
    index: int,
    name: str,
    language: str,
    category: str,
    components: list[Json],
    *,
    status: str = "APPROVED",
    reason: str = "NONE",
    format: str = "POSITIONAL",
) -> Template:
    template = Template(
        f"88000000000000{index}", WABA_ID, name, language, category, components, status, format
    )
    template.rejected_reason = reason
    template.quality = "GREEN" if status == "APPROVED" else "UNKNOWN"
    return template


def _hello() -> list[Json]:
    return [
        {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
        {"type": "BODY", "text": "Welcome and congratulations! This message shows that it works."},
        {"type": "FOOTER", "text": "WhatsApp Business Platform sample message"},
    ]


def _missed() -> list[Json]:
    text = "Hola {{1}}, no pudimos responderte a tiempo sobre el pedido {{2}}. ¿Seguimos?"
    return [
        {"type": "BODY", "text": text, "example": {"body_text": [["Lucía", "4471"]]}},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Sí, seguimos"}]},
    ]


def _order() -> list[Json]:
    text = "Hello {{first_name}}, your order {{order_number}} is on its way today."
    example = [
        {"param_name": "first_name", "example": "Rui"},
        {"param_name": "order_number", "example": "4471"},
    ]
    return [{"type": "BODY", "text": text, "example": {"body_text_named_params": example}}]


def _offer() -> list[Json]:
    return [{"type": "BODY", "text": "Spring is here: all ropes are 10 % cheaper this week."}]


def _gift() -> list[Json]:
    return [{"type": "BODY", "text": "You won a free gift!!! Open it now before it is gone!!!"}]


def _code() -> list[Json]:
    body = "*{{1}}* is your verification code. For your security, do not share this code."
    return [
        {"type": "BODY", "text": body, "add_security_recommendation": True},
        {"type": "FOOTER", "text": "Expires in 10 minutes.", "code_expiration_minutes": 10},
        {"type": "BUTTONS", "buttons": [_copy_code_button()]},
    ]


def _copy_code_button() -> Json:
    url = "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"
    example = [url.replace("{{1}}", "123456")]
    return {"type": "URL", "text": "Copy code", "url": url, "example": example}
