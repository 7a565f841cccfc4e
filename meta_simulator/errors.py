"""Error bodies in the words and the shape of the Graph API."""

from dataclasses import dataclass, field

from meta_simulator.world import Json, new_trace_id

# code -> (HTTP status, title, details). Meta: WhatsApp Cloud API error codes.
MESSAGE_ERRORS: dict[int, tuple[int, str, str]] = {
    4: (400, "Application request limit reached", "The app has reached its API call rate limit."),
    368: (403, "Temporarily blocked for policies violations", "The account is restricted."),
    80007: (400, "Rate limit issues", "The WhatsApp Business Account has reached its rate limit."),
    130403: (400, "User is blocked", "The message was not sent: the business blocked this user."),
    130429: (
        400,
        "Rate limit hit",
        "Message failed to send because there were too many messages sent from this phone number "
        "in a short period of time.",
    ),
    130472: (
        400,
        "User's number is part of an experiment",
        "Message failed to send because this user is part of an experiment.",
    ),
    130497: (
        403,
        "Business account is restricted from messaging users in this country",
        "Business account is restricted from messaging users in this country.",
    ),
    131000: (500, "Something went wrong", "Message failed to send due to an unknown error."),
    131008: (400, "Required parameter is missing", "A required parameter is missing."),
    131009: (400, "Parameter value is not valid", "Parameter value is not valid."),
    131016: (500, "Service unavailable", "A service is temporarily unavailable."),
    131021: (400, "Recipient cannot be sender", "Recipient cannot be sender."),
    131026: (400, "Message undeliverable", "Message Undeliverable."),
    131030: (
        400,
        "Recipient phone number not in allowed list",
        "Recipient phone number not in allowed list: Add recipient phone number to recipient list "
        "and try again.",
    ),
    131031: (403, "Business Account locked", "The account is locked or disabled."),
    131042: (
        400,
        "Business eligibility payment issue",
        "Message failed to send because there were one or more errors related to your payment "
        "method.",
    ),
    131047: (
        400,
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer last "
        "replied to this number.",
    ),
    131048: (
        400,
        "Spam Rate limit hit",
        "Message failed to send because there are restrictions on how many messages can be sent "
        "from this phone number.",
    ),
    131049: (
        400,
        "This message was not delivered to maintain healthy ecosystem engagement.",
        "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    ),
    131050: (
        400,
        "Unable to deliver the message. This recipient has chosen to stop receiving marketing "
        "messages on WhatsApp from your business",
        "The recipient has stopped marketing messages from this business.",
    ),
    131051: (400, "Unsupported message type", "Message type is not supported."),
    131052: (400, "Media download error", "Unable to download the media sent by the user."),
    131053: (400, "Media upload error", "Unable to upload the media used in the message."),
    131056: (
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
        "Message failed to send because there were too many messages sent from this phone number "
        "to the same phone number in a short period of time.",
    ),
    131057: (500, "Account in maintenance mode", "Business Account is in maintenance mode."),
    131062: (
        400,
        "Business-scoped user ID recipients are not supported for this message",
        "Authentication templates need the phone number of the recipient.",
    ),
    132000: (
        400,
        "Number of parameters does not match the expected number of params",
        "The number of values does not match the template.",
    ),
    132001: (
        404,
        "Template name does not exist in the translation",
        "The template does not exist in the language, or it is not approved.",
    ),
    132005: (400, "Translated text too long", "The text with its values is too long."),
    132012: (
        400,
        "Parameter format does not match format in the created template",
        "A value does not have the format that the template asks for.",
    ),
    132015: (400, "Template is paused", "The template is paused because of its low quality."),
    132016: (400, "Template is disabled", "The template is disabled because of its low quality."),
    132018: (
        400,
        "There is an issue with the parameters in your template",
        "A value holds a line break, a tab or more than four spaces in a row.",
    ),
    133005: (400, "Two step verification PIN Mismatch", "The two-step verification PIN is wrong."),
    133006: (
        400,
        "Phone number re-verification needed",
        "The phone number needs to be verified before it can be registered.",
    ),
    133010: (400, "Account not registered", "The account is not registered."),
    133016: (
        400,
        "Account register deregister rate limit exceeded",
        "There were too many registration attempts for this phone number in a short time.",
    ),
    2494100: (400, "Phone number is in maintenance mode", "The phone number is under maintenance."),
}
SUBCODES = {131056: 2494078, 130429: 2494055, 132001: 2494073, 132000: 2494073}
HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


@dataclass(slots=True)
class GraphError(Exception):
    """A refusal of the Graph API."""

    status: int
    code: int
    message: str
    type: str = "OAuthException"
    subcode: int = 0
    details: str = ""
    user_title: str = ""
    user_message: str = ""
    trace: str = field(default_factory=new_trace_id)
    extra: Json = field(default_factory=dict[str, object])

    def body(self) -> Json:
        """The JSON answer."""
        error: Json = {"message": self.message, "type": self.type, "code": self.code}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.user_title:
            error["is_transient"] = False
            error["error_user_title"] = self.user_title
            error["error_user_msg"] = self.user_message
        return self.extra | {"error": error | {"fbtrace_id": self.trace}}


def message_error(code: int, details: str = "") -> GraphError:
    """A refusal with one of the WhatsApp message codes."""
    status, title, usual = MESSAGE_ERRORS[code]
    return GraphError(
        status,
        code,
        f"(#{code}) {title}",
        subcode=SUBCODES.get(code, 0),
        details=details or usual,
    )


def status_error(code: int, details: str = "") -> Json:
    """The same failure as it appears in `statuses[].errors[]` of a webhook."""
    _, title, usual = MESSAGE_ERRORS.get(code, (400, "Message failed", "Message failed to send."))
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or usual},
        "href": HREF,
    }


def invalid(details: str) -> GraphError:
    """100: a value that the messages endpoint does not take."""
    return GraphError(400, 100, "(#100) Invalid parameter", details=details)


def missing(name: str) -> GraphError:
    """131008: the messages endpoint misses a value."""
    return message_error(131008, f"Parameter '{name}' is required.")


def bad_param(message: str) -> GraphError:
    """100: a value that a management endpoint does not take."""
    return GraphError(400, 100, f"(#100) {message}")


def unknown_object(object_id: str, method: str) -> GraphError:
    """100/33: the object is missing, or this token may not see it; Meta does not tell which."""
    verb = "get" if method == "GET" else method.lower()
    return GraphError(
        400,
        100,
        f"Unsupported {verb} request. Object with ID '{object_id}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation. Please read the "
        "Graph API documentation at https://developers.facebook.com/docs/graph-api",
        type="GraphMethodException",
        subcode=33,
    )


def token_error(message: str, subcode: int = 0) -> GraphError:
    """190: the token is not (or no longer) good."""
    return GraphError(401, 190, message, subcode=subcode)


def no_permission(code: int = 10) -> GraphError:
    """10 or 200: the token lacks a permission."""
    words = {
        10: "(#10) Application does not have permission for this action",
        200: "(#200) You do not have permission to access this object",
    }
    return GraphError(403, code, words[code])


def template_error(subcode: int, title: str, message: str) -> GraphError:
    """100 with a subcode: how the template endpoints refuse."""
    return GraphError(
        400,
        100,
        "Invalid parameter",
        subcode=subcode,
        user_title=title,
        user_message=message,
    )
