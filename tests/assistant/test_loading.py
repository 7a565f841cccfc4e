"""The libraries of the providers are there before a customer asks, and only where one is asked."""

import subprocess
import sys

SCRIPT = """
import sys
from integrations import llm
llm.load(sys.argv[1])
print("pydantic_ai.models.openai" in sys.modules)
"""


def is_loaded(model: str) -> str:
    asked = [sys.executable, "-c", SCRIPT, model]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def test_what_a_model_needs_is_loaded_before_it_is_asked() -> None:
    assert is_loaded("openai:some") == "True"


def test_offline_needs_none_of_it() -> None:
    assert is_loaded("offline") == "False"
