"""Refusals a person may read.

AppError
  NotSignedIn      no session, or one that ended
  NotAllowed       signed in, but the role or the workspace forbids it
  NotFound         missing, or somebody else's: the two look the same on purpose
  Invalid          a value the form must mend
  Conflict         somebody was faster, or it is already so
  BadTransition    the conversation is not in a state where this is possible
  WindowClosed     more than 24 hours since the customer's last message
  ChannelOff       the channel is switched off or its connection has a problem
  SecretLost       a stored secret opens with none of the keys
"""


class AppError(Exception):
    """An expected refusal; `message` is shown to the person as it stands."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotSignedIn(AppError):
    status = 401

    def __init__(self, message: str = "Please sign in again.") -> None:
        super().__init__(message)


class NotAllowed(AppError):
    status = 403

    def __init__(self, message: str = "Your role does not allow this.") -> None:
        super().__init__(message)


class NotFound(AppError):
    status = 404

    def __init__(self, message: str = "This is not here any more, or not yours to see.") -> None:
        super().__init__(message)


class Invalid(AppError):
    status = 422


class Conflict(AppError):
    status = 409


class BadTransition(Conflict):
    pass


class WindowClosed(Conflict):
    pass


class ChannelOff(Conflict):
    pass


class SecretLost(ChannelOff):
    def __init__(self) -> None:
        super().__init__(
            "The stored access to this number opens with none of the ENCRYPTION_KEYS. "
            "Put the old key back, or disconnect the number and connect it again."
        )
