"""The budget: nothing is sent that could go beyond it, whoever asks at the same time."""

import threading
from dataclasses import replace

import pytest

from llm_credit.budget import BYTES_PER_TOKEN, FRAME_TOKENS, Budget, Spent
from llm_credit.llm import BudgetExceeded, LLMError, Request
from llm_credit.prices import load_prices

PRICES = load_prices()
REQUEST = Request(
    role="coder", purpose="propose", round=1, slot=0, attempt=0, system="s" * 3000, prompt="p" * 1000,
    model="claude-opus-5-5", max_output_tokens=1000, thinking="adaptive",
)  # fmt: skip
WORST_TOKENS = FRAME_TOKENS + 4000 // BYTES_PER_TOKEN + 1000


def make(max_calls=100, max_tokens=10**9, max_usd=1000.0, spent=None):
    return Budget(max_calls, max_tokens, max_usd, PRICES, spent)


def test_the_worst_case_by_hand():
    most = make().worst_case(REQUEST)
    assert most == Spent(1, WORST_TOKENS, pytest.approx(((WORST_TOKENS - 1000) * 5.0 + 1000 * 20.0) / 1e6))


def test_the_worst_case_counts_the_schema_rounds_up_and_takes_bytes():
    budget = make()
    plain = budget.worst_case(REQUEST).tokens
    assert budget.worst_case(replace(REQUEST, schema={"a": 1})).tokens == plain + 4  # {"a":1}
    assert budget.worst_case(replace(REQUEST, prompt="p" * 1001)).tokens == plain + 1
    assert budget.worst_case(replace(REQUEST, prompt="字" * 1000)).tokens == plain + 1000
    assert budget.worst_case(replace(REQUEST, prompt="\ud800")).tokens > 0


def test_calls_are_limited():
    budget = make(max_calls=2)
    first, second = budget.reserve(REQUEST), budget.reserve(REQUEST)
    with pytest.raises(BudgetExceeded, match=r"r1-c0-propose was not sent.*max_calls = 2 requests, 0 are spent and 2 "):
        budget.reserve(REQUEST)
    budget.settle(first, Spent(1))
    budget.settle(second, Spent(1))
    with pytest.raises(BudgetExceeded, match=r"2 are spent and 0 are set aside.*raise llm\.max_calls"):
        budget.reserve(REQUEST)


def test_tokens_are_limited_by_what_could_be_taken_and_freed_by_what_was():
    budget = make(max_tokens=2 * WORST_TOKENS - 1)
    reserved = budget.reserve(REQUEST)
    with pytest.raises(BudgetExceeded, match=rf"max_tokens = 6,999 tokens, 0 are spent and {WORST_TOKENS:,} are set"):
        budget.reserve(REQUEST)
    budget.settle(reserved, Spent(1, 10, 0.0))
    budget.settle(budget.reserve(REQUEST), Spent(1, 20, 0.0))
    assert budget.spent == Spent(2, 30, 0.0)


def test_dollars_are_limited():
    worst = make().worst_case(REQUEST).usd
    budget = make(max_usd=2.5 * worst)
    kept = [budget.reserve(REQUEST), budget.reserve(REQUEST)]
    with pytest.raises(
        BudgetExceeded, match=r"llm\.max_usd = 0\.08125 USD.*could take up to 0\.03\d+; raise llm\.max_usd"
    ):
        budget.reserve(REQUEST)
    for reserved in kept:
        budget.settle(reserved, Spent(1, 100, 0.0))
    assert budget.under_way == Spent()


def test_a_resumed_search_counts_on():
    budget = make(max_calls=5, spent=Spent(4, 10, 0.5))
    budget.settle(budget.reserve(REQUEST), Spent(1, 7, 0.25))
    assert budget.spent == Spent(5, 17, 0.75)
    with pytest.raises(BudgetExceeded, match="5 are spent"):
        budget.reserve(REQUEST)


def test_spent_from_a_ledger_and_back():
    spent = Spent(1, 20, 0.25)
    assert Spent.from_dict(spent.to_dict()) == spent
    assert Spent.from_ledger([{"spent": spent.to_dict(), "name": "x"}] * 3) == Spent(3, 60, 0.75)
    assert Spent.from_ledger([]) == Spent()


def test_a_model_without_price_needs_max_usd_0():
    unknown = replace(REQUEST, model="my-model")
    with pytest.raises(LLMError, match=r"no price of model 'my-model'.*llm\.max_usd=1000.*llm\.prices.*llm\.max_usd=0"):
        make().reserve(unknown)
    free = make(max_usd=0.0)
    assert free.reserve(unknown).usd == 0.0
    assert free.cost("my-model", None) is None


def test_max_usd_0_is_no_limit():
    budget = make(max_usd=0.0)
    for _ in range(3):
        budget.settle(budget.reserve(REQUEST), Spent(1, 10, 1e6))
    assert budget.spent.usd == 3e6


def test_eight_threads_at_once_never_exceed_any_limit():
    budget = make(max_calls=50)
    refused, start = [], threading.Barrier(8)

    def work():
        start.wait()
        for _ in range(20):
            try:
                reserved = budget.reserve(REQUEST)
            except BudgetExceeded:
                refused.append(1)
                continue
            budget.settle(reserved, Spent(1, 5, 0.001))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 8 * 20 - 50
    assert budget.spent == Spent(50, 250, pytest.approx(0.05))
    assert budget.under_way == Spent()
