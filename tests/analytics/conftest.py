from tests.accounts.conftest import _nobody_is_remembered, _quick_hashes
from tests.flows.conftest import stack

__all__ = ["_nobody_is_remembered", "_quick_hashes", "stack"]
