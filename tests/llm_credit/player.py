"""Plays coder and evaluator behind the Messages API, by what stands in the prompt."""

import re

from .fake_api import Answer, good
from .scripted import code, judgement, weighted

ENVIRONMENT = {"ANTHROPIC_API_KEY": "sk-ant-secret-0123456789", "NO_PROXY": "127.0.0.1"}


def prompt_of(body: dict) -> str:
    return body["messages"][0]["content"]


def is_evaluator(body: dict) -> bool:
    return "format" in body.get("output_config", {})


def play(body: dict, index: int) -> Answer:
    """A sound function for every request of the coder, the last of the listed functions for the evaluator."""
    prompt = prompt_of(body)
    if is_evaluator(body):
        n = len(re.findall(r"^Function \d+:", prompt, re.MULTILINE))
        return good(judgement(n - 1, n=n))
    slot = int((re.search(r"(?:proposal|variant) (\d+) of", prompt) or [0, 9])[1])
    step = 0.1 if "proposal" in prompt else 0.5 + len(re.findall("Here", prompt))
    return good(code(weighted(round(step + 0.05 * slot, 3))))
