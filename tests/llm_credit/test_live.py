"""The live client, with the real SDK, against a server on loopback."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from llm_credit.budget import Spent
from llm_credit.live import LiveLLM
from llm_credit.llm import BudgetExceeded, LLMError, Request, Usage
from llm_credit.settings import TFCAFSettings

from . import fake_api
from .fake_api import Answer, FakeAPI, good, sequence

pytest.importorskip("anthropic")

KEY = "sk-ant-secret-0123456789"
SCHEMA = {"type": "object", "properties": {"choice": {"type": "integer"}}, "required": ["choice"]}
REQUEST = Request(
    role="coder", purpose="propose", round=2, slot=1, attempt=0, system="The long common part.", prompt="Write it.",
    model="claude-opus-5-5", max_output_tokens=2000, thinking="adaptive",
)  # fmt: skip
# 100 plain, 20 written to the cache, 3000 read from it, 400 out: what the server says, at 4, 5, 0.2 and 20 USD.
COST = (100 * 4.0 + 20 * 5.0 + 3000 * 0.2 + 400 * 20.0) / 1e6


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("ANTHROPIC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def make(api, ledger=None, spent=None, api_key=KEY, **settings):
    values = {"base_url": api.base_url, "timeout": 5.0, "max_retries": 0, **settings}
    record = None if ledger is None else ledger.append
    return LiveLLM(TFCAFSettings.from_mapping(values), record, spent, api_key)


# What is sent


def test_the_request_as_sent():
    with FakeAPI(good()) as api:
        make(api).ask(replace(REQUEST, schema=SCHEMA))
    (seen,) = api.seen
    assert seen.path == "/v1/messages"
    assert seen.body == {
        "model": "claude-opus-5-5",
        "max_tokens": 2000,
        "messages": [{"role": "user", "content": "Write it."}],
        "system": [{"type": "text", "text": "The long common part.", "cache_control": {"type": "ephemeral"}}],
        "thinking": {"type": "adaptive"},
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }
    assert KEY in "".join(seen.headers.values())


def test_a_plain_request_without_system_schema_or_thinking():
    with FakeAPI(good()) as api:
        make(api).ask(replace(REQUEST, system="", thinking="off"))
    assert sorted(api.seen[0].body) == ["max_tokens", "messages", "model", "thinking"]
    assert api.seen[0].body["thinking"] == {"type": "disabled"}


def test_thinking_off_in_the_form_of_the_model():
    with FakeAPI(good()) as api:
        make(api).ask(replace(REQUEST, model="claude-sonnet-5-5", thinking="off"))
    assert api.seen[0].body["thinking"] == {"type": "between_tools"}


# What comes back


def test_reply_usage_cost_and_ledger():
    ledger = []
    with FakeAPI(good("hello", model="claude-opus-5-5-20260922")) as api:
        llm = make(api, ledger)
        reply = llm.ask(REQUEST)
    assert (reply.text, reply.stop_reason, reply.model) == ("hello", "end_turn", "claude-opus-5-5-20260922")
    assert (reply.request_id, reply.usage) == ("req_0", Usage(100, 20, 3000, 400))
    assert reply.cost_usd == pytest.approx(COST)
    assert 0 < reply.seconds < 5
    assert llm.spent == Spent(1, 3520, pytest.approx(COST))
    (entry,) = ledger
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", entry.pop("time"))
    assert 0 < entry.pop("seconds") < 5
    usage = {"input_tokens": 100, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 3000}
    assert entry == {
        "request": REQUEST.hash, "name": "r2-c1-propose", "attempt": 1, "status": 200, "error": None,
        "request_id": "req_0", "model": "claude-opus-5-5-20260922", "usage": usage | {"output_tokens": 400},
        "cost_usd": pytest.approx(COST), "stop_reason": "end_turn", "spent": llm.spent.to_dict(),
    }  # fmt: skip
    json.dumps(ledger)


def test_only_text_blocks_make_the_text():
    with FakeAPI(fake_api.chatty("x = 1\n")) as api:
        text = make(api).ask(REQUEST).text
    assert text.startswith("Sure!")
    assert "Hmm" not in text
    assert "```python\nx = 1\n```" in text


@pytest.mark.parametrize("stop", ["max_tokens", "refusal", "model_context_window_exceeded", "something_new"])
def test_other_ends_are_replies_with_their_usage(stop):
    with FakeAPI(Answer(text="half an ans", stop_reason=stop)) as api:
        llm = make(api)
        reply = llm.ask(REQUEST)
    assert (reply.text, reply.stop_reason, reply.usage.total) == ("half an ans", stop, 3520)
    assert llm.spent.tokens == 3520


def test_an_empty_refusal():
    with FakeAPI(fake_api.refusing()) as api:
        assert make(api).ask(REQUEST).text == ""


def test_a_model_without_price_has_no_cost():
    with FakeAPI(good(usage={"input_tokens": 3, "output_tokens": 4})) as api:
        llm = make(api, model="local", max_usd=0.0)
        reply = llm.ask(replace(REQUEST, model="local"))
    assert (reply.cost_usd, reply.usage, llm.spent) == (None, Usage(3, 0, 0, 4), Spent(1, 7, 0.0))


# Retries, the ledger and the budget


def test_retries_are_counted_one_by_one():
    ledger = []
    with FakeAPI(sequence(fake_api.rate_limited(), fake_api.overloaded(), good())) as api:
        llm = make(api, ledger, max_retries=2)
        assert llm.ask(REQUEST).request_id == "req_2"
    assert [(e["attempt"], e["status"], e["request_id"]) for e in ledger] == [
        (1, 429, "req_0"),
        (2, 529, "req_1"),
        (3, 200, "req_2"),
    ]
    assert llm.spent == Spent(3, 3520, pytest.approx(COST))
    assert Spent.from_ledger(ledger) == llm.spent


def test_a_retry_beyond_the_budget_is_not_sent():
    with FakeAPI(fake_api.overloaded()) as api:
        llm = make(api, max_retries=5, max_calls=2)
        with pytest.raises(BudgetExceeded, match=r"llm\.max_calls.*\(attempts: 2, the last one: HTTP 529\)"):
            llm.ask(REQUEST)
    assert len(api.seen) == 2


@pytest.mark.parametrize("limit", [{"max_calls": 3}, {"max_tokens": 1500}, {"max_usd": 0.01}])
def test_the_budget_stops_before_sending(limit):
    ledger, (name,) = [], limit
    with FakeAPI(good()) as api:
        llm = make(api, ledger, Spent(3, 0, 0.0), **limit)
        with pytest.raises(BudgetExceeded, match=rf"r2-c1-propose was not sent.*raise llm\.{name} to go on"):
            llm.ask(REQUEST)
    assert (api.seen, ledger, llm.spent) == ([], [], Spent(3, 0, 0.0))


def test_eight_threads_at_once_never_exceed_max_calls():
    ledger, start = [], threading.Barrier(8)
    with FakeAPI(good(delay=0.1)) as api:
        llm = make(api, ledger, max_calls=10)

        def work(k):
            start.wait()
            done = 0
            for _ in range(4):
                try:
                    llm.ask(replace(REQUEST, slot=k))
                    done += 1
                except BudgetExceeded:
                    pass
            return done

        with ThreadPoolExecutor(8) as pool:
            done = sum(pool.map(work, range(8)))
    assert done == len(api.seen) == len(ledger) == llm.spent.calls == 10
    assert api.most_under_way > 1
    assert llm.budget.under_way == Spent()


def test_parallel_requests_get_their_own_replies():
    with FakeAPI(lambda body, index: good(body["messages"][0]["content"][::-1], delay=0.02)) as api:
        llm = make(api)
        prompts = [f"prompt {k}" for k in range(8)]
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda p: llm.ask(replace(REQUEST, prompt=p)).text, prompts))
    assert replies == [prompt[::-1] for prompt in prompts]


# What can go wrong


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fake_api.unauthorized(), ("key was not accepted", "HTTP 401", "invalid x-api-key", "set ANTHROPIC_API_KEY")),
        (Answer(402, error=("billing_error", "no credit")), ("cannot pay", "HTTP 402", "add credit")),
        (fake_api.forbidden(), ("may not do this", "HTTP 403", "may use model 'claude-opus-5-5'")),
        (fake_api.unknown_model(), ("no model 'claude-opus-5-5'", "HTTP 404", "llm.model", "llm.base_url")),
        (fake_api.bad_request(), ("refused as invalid", "HTTP 400", "must be non-empty")),
        (fake_api.bad_request('"thinking.type.adaptive" is not supported'), ("set llm.thinking=off for",)),
        (fake_api.too_large(), ("too large", "HTTP 413", "llm.description=schema")),
        (fake_api.rate_limited(), ("too many requests", "HTTP 429", "fewer llm.candidates")),
        (fake_api.overloaded(), ("overloaded", "HTTP 529", "llm.max_retries")),
        (fake_api.failing(), ("the service failed", "HTTP 500", "try again later")),
        (fake_api.failing(504), ("the service failed", "HTTP 504")),
        (Answer(418, raw="I'm a teapot"), ("not known", "HTTP 418", "llm.base_url")),
    ],
)
def test_every_status_has_a_sentence_that_says_what_to_do(answer, words):
    ledger = []
    with FakeAPI(answer) as api:
        llm = make(api, ledger)
        with pytest.raises(LLMError) as caught:
            llm.ask(REQUEST)
    message = str(caught.value)
    assert all(word in message for word in (*words, "request id req_0", api.base_url)), message
    assert "\n" not in message
    assert [entry["status"] for entry in ledger] == [answer.status]
    # Nothing is billed for these, except perhaps where a gateway gave up on a reply.
    assert (llm.spent == Spent(1)) == (answer.status != 504)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fake_api.not_json(), "it is not JSON"),
        (Answer(raw='{"type": "message"'), "it is not JSON"),
        (Answer(raw=""), "it is not JSON"),
        (Answer(raw="[" * 100_000), "no reply of the Messages API"),
        (Answer(raw="[]"), "it has no content"),
        (Answer(raw='{"content": "text"}'), "it has no content"),
        (Answer(content=[{"type": "text", "text": 3}]), "a text in it is no text"),
        (Answer(stop_reason=None), "no stop_reason"),
        (Answer(model=""), None),
        (Answer(usage=None), "no usage"),
        (Answer(usage={"input_tokens": 3}), "output_tokens=None"),
        (Answer(usage={"input_tokens": -3, "output_tokens": 4}), "input_tokens=-3"),
        (Answer(usage={"input_tokens": 1e300, "output_tokens": 4}), r"input_tokens=1e\+300"),
        (Answer(usage={"input_tokens": 3, "output_tokens": True}), "output_tokens=True"),
    ],
)
def test_what_is_no_reply_is_refused_and_counted_as_if_billed(answer, words):
    ledger = []
    with FakeAPI(answer) as api:
        llm = make(api, ledger, max_retries=1)
        if words is None:
            assert llm.ask(REQUEST).model == ""
            return
        with pytest.raises(LLMError, match=rf"{words}.*llm\.base_url"):
            llm.ask(REQUEST)
    assert llm.spent == llm.budget.worst_case(REQUEST)
    assert [(entry["status"], entry["error"]) for entry in ledger] == [(200, "invalid reply")]


def test_a_time_out_ends_soon_and_counts_as_if_billed():
    ledger, began = [], time.monotonic()
    with FakeAPI(fake_api.slow(20.0)) as api:
        llm = make(api, ledger, timeout=0.3)
        with pytest.raises(LLMError, match=r"no reply from http://127\.0\.0\.1:\d+ within the 0\.3 s of llm\.timeout"):
            llm.ask(REQUEST)
    assert time.monotonic() - began < 3
    assert llm.spent == llm.budget.worst_case(REQUEST)
    assert [(entry["status"], entry["error"]) for entry in ledger] == [(None, "APITimeoutError")]


def test_a_death_in_the_middle_of_a_reply_is_tried_again():
    ledger = []
    with FakeAPI(sequence(fake_api.dying(), good("alive"))) as api:
        llm = make(api, ledger, max_retries=1)
        assert llm.ask(REQUEST).text == "alive"
    assert [entry["error"] for entry in ledger] == ["APIConnectionError", None]
    assert llm.spent.tokens == llm.budget.worst_case(REQUEST).tokens + 3520


def test_dying_every_time_is_an_error():
    began = time.monotonic()
    words = r"connection to http://127\.0\.0\.1:\d+ failed \(\w+\).*\(attempts: 2, the"
    with FakeAPI(fake_api.dying()) as api, pytest.raises(LLMError, match=words):
        make(api, max_retries=1).ask(REQUEST)
    assert time.monotonic() - began < 4


def test_nobody_there():
    with FakeAPI(good()) as api:
        llm = make(api)
    with pytest.raises(LLMError, match=r"failed \(ConnectError\).*llm\.base_url"):
        llm.ask(REQUEST)
    assert llm.spent == Spent(1)


def test_a_wait_that_is_too_long_is_not_sat_through():
    began = time.monotonic()
    words = r"asks to wait 7,200 s \(HTTP 429"
    with FakeAPI(fake_api.rate_limited(7200)) as api, pytest.raises(LLMError, match=words):
        make(api, max_retries=3).ask(REQUEST)
    assert time.monotonic() - began < 3
    assert len(api.seen) == 1


def test_a_long_wait_does_not_hide_what_no_waiting_mends():
    answer = fake_api.with_headers(fake_api.unauthorized(), retry_after="7200")
    with FakeAPI(answer) as api, pytest.raises(LLMError, match="set ANTHROPIC_API_KEY"):
        make(api).ask(REQUEST)


def test_a_ledger_that_fails_leaves_the_budget_in_order():
    def full(entry):
        raise OSError("disk full")

    with FakeAPI(good()) as api:
        settings = TFCAFSettings(base_url=api.base_url, max_retries=2)
        llm = LiveLLM(settings, full, api_key=KEY)
        with pytest.raises(OSError, match="disk full"):
            llm.ask(REQUEST)
    assert (len(api.seen), llm.spent.calls, llm.budget.under_way) == (1, 1, Spent())


# Keys


def test_no_key(monkeypatch):
    with pytest.raises(LLMError, match=r"ANTHROPIC_API_KEY.*llm\.source"):
        LiveLLM(TFCAFSettings())
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert repr(LiveLLM(TFCAFSettings())) == "LiveLLM(https://api.anthropic.com, Spent(calls=0, tokens=0, usd=0.0))"


@pytest.mark.parametrize("key", ["short", "sk-ant-0123\n456789", "sk-ant-0123 456789", "sk-ant-012345678\u20ac"])
def test_what_is_no_key(key):
    with pytest.raises(LLMError, match="does not hold an API key") as caught:
        LiveLLM(TFCAFSettings(), api_key=key)
    assert key not in str(caught.value)


def test_a_gateway_needs_no_key():
    with FakeAPI(good("no-key is a text")) as api:
        assert make(api, api_key=None).ask(REQUEST).text == "no-key is a text"
    assert "no-key" in "".join(api.seen[0].headers.values())


def test_the_key_appears_nowhere_even_if_the_server_sends_it_back():
    ledger = []
    echo = {"request-id": KEY}
    answers = sequence(
        fake_api.with_headers(fake_api.bad_request(f"bad key {KEY}"), request_id=KEY),
        Answer(text=f"key {KEY}", model=KEY, stop_reason=KEY, headers=echo),
        Answer(usage={"input_tokens": KEY}, headers=echo),
    )
    with FakeAPI(answers) as api:
        llm = make(api, ledger)
        with pytest.raises(LLMError, match=r"bad key \[key\]") as first:
            llm.ask(REQUEST)
        reply = llm.ask(REQUEST)
        with pytest.raises(LLMError, match=r"\[key\]") as second:
            llm.ask(REQUEST)
    for error in (first.value, second.value):
        assert error.__cause__ is None
        assert error.__suppress_context__
    everything = [str(ledger), repr(reply), repr(llm), str(llm.spent), str(first.value), str(second.value)]
    assert KEY not in "".join(everything)
    assert len(ledger) == 3


def test_an_address_with_a_password_is_not_told():
    with FakeAPI(fake_api.failing()) as api:
        llm = make(api, base_url=api.base_url.replace("//", "//me:hunter2@"))
        with pytest.raises(LLMError) as caught:
            llm.ask(REQUEST)
    assert "hunter2" not in str(caught.value) + repr(llm)


# Construction


def test_a_model_without_price_is_refused_before_anything_is_asked():
    with pytest.raises(LLMError, match=r"'local'.*llm\.prices.*llm\.max_usd=0"):
        LiveLLM(TFCAFSettings(evaluator_model="local"), api_key=KEY)


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://host", "http://", "http://host:port", "http://[::1"])
def test_an_address_that_is_none(address):
    with pytest.raises(LLMError, match=r"llm\.base_url must be"):
        LiveLLM(TFCAFSettings(base_url=address), api_key=KEY)


def test_a_missing_package_names_the_command():
    code = (
        "import sys; sys.modules['anthropic'] = None\n"
        "from llm_credit.live import LiveLLM; from llm_credit.settings import TFCAFSettings\n"
        "LiveLLM(TFCAFSettings(), api_key='sk-ant-0123456789')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_python_path())
    assert done.stderr.splitlines()[-1].startswith("llm_credit.llm.LLMError: asking a model live needs the package")
    assert "pip install anthropic==" in done.stderr


def test_importing_the_client_does_not_import_the_sdk():
    code = "import sys, llm_credit.live; sys.exit('anthropic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=_python_path()).returncode == 0


def _python_path():
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
