"""The table of prices: it is found, checked, and never taken for another model's."""

import json

import pytest

from llm_credit.llm import LLMError, Usage
from llm_credit.prices import load_prices
from llm_credit.settings import TFCAFSettings

KINDS = {"input": 1.0, "cache_write": 2.0, "cache_read": 0.5, "output": 10.0}


def write(path, models, **more):
    data = {"date": "2026-01-01", "source": "a test", "usd_per_million_tokens": models, **more}
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not None}))
    return str(path)


def test_the_shipped_table_knows_the_default_model_and_says_what_it_assumes():
    prices = load_prices()
    price = prices.of(TFCAFSettings().model)
    assert (price.input, price.cache_write, price.cache_read, price.output) == (4.0, 5.0, 0.2, 20.0)
    assert prices.date.startswith("20")
    assert prices.source.startswith("https://")
    assert "Assumed" in prices.note


def test_every_shipped_price_follows_the_providers_rules():
    for price in load_prices().models.values():
        for part in filter(None, (price, price.long)):
            assert part.cache_write == pytest.approx(1.25 * part.input)
            assert 0 < part.cache_read <= 0.1 * part.input + 1e-12
            assert part.output == pytest.approx(5 * part.input)


def test_every_model_that_the_sdk_names_has_a_price():
    anthropic = pytest.importorskip("anthropic")
    from typing import get_args

    names = get_args(get_args(anthropic.types.Model)[0])
    prices = load_prices()
    assert [name for name in names if prices.of(name) is None] == ["claude-mythos-preview"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("claude-opus-4-5", "claude-opus-4-5"),
        ("claude-opus-4-5-20251101", "claude-opus-4-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-opus-5-6", None),  # not claude-opus-5
        ("claude-opus-5-5-fast", None),
        ("claude-opus-4-5-2025", None),
        ("anthropic/claude-opus-5-5", None),
        ("", None),
    ],
)
def test_a_model_is_found_by_its_id_or_its_dated_id_only(asked, found):
    prices = load_prices()
    assert prices.of(asked) is (prices.models[found] if found else None)


def test_the_exact_id_comes_before_the_id_less_its_date(tmp_path):
    models = {"m": KINDS, "m-20260101": {**KINDS, "input": 7.0}}
    prices = load_prices(write(tmp_path / "p.json", models))
    assert (prices.of("m-20260101").input, prices.of("m-20260102").input) == (7.0, 1.0)


def test_cost_by_hand(tmp_path):
    price = load_prices(write(tmp_path / "p.json", {"m": KINDS})).of("m")
    usage = Usage(100, 20, 3000, 400)
    assert price.cost(usage) == pytest.approx((100 * 1 + 20 * 2 + 3000 * 0.5 + 400 * 10) / 1e6)
    assert price.worst(100, 400) == pytest.approx((100 * 2 + 400 * 10) / 1e6)


def test_long_prompts_cost_more_where_the_table_says_so():
    price = load_prices().of("claude-haiku-5-5")
    assert price.cost(Usage(100_000, output_tokens=1000)) == pytest.approx((100_000 * 0.1 + 1000 * 0.5) / 1e6)
    assert price.cost(Usage(1, 0, 100_000, 1000)) == pytest.approx((0.5 + 100_000 * 0.05 + 1000 * 2.5) / 1e6)
    assert price.worst(100_001, 0) == pytest.approx(100_001 * 0.625 / 1e6)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(LLMError, match=r"nowhere\.json.*No such file.*llm\.prices"):
        load_prices(str(tmp_path / "nowhere.json"))
    with pytest.raises(LLMError, match=r"cannot read"):
        load_prices(str(tmp_path))


@pytest.mark.parametrize(
    ("models", "more", "problem"),
    [
        ({}, {}, "usd_per_million_tokens must map"),
        ([1], {}, "usd_per_million_tokens must map"),
        ({"m": KINDS}, {"date": None}, "no date"),
        ({"m": KINDS}, {"source": ""}, "no source"),
        ({"m": 3}, {}, "m must have input"),
        ({"m": {"input": 1.0}}, {}, "m's cache_write must be a number"),
        ({"m": {**KINDS, "output": -1}}, {}, "m's output must be a number"),
        ({"m": {**KINDS, "output": float("nan")}}, {}, "m's output must be a number"),
        ({"m": {**KINDS, "output": True}}, {}, "m's output must be a number"),
        ({"m": {**KINDS, "reasoning": 1.0}}, {}, "unknown 'reasoning'"),
        ({"m": {**KINDS, "long_prompt": KINDS}}, {}, "long_prompt must have over"),
        ({"m": {**KINDS, "long_prompt": {"over": 5}}}, {}, "long_prompt's input must be"),
    ],
)
def test_a_table_is_checked(tmp_path, models, more, problem):
    with pytest.raises(LLMError, match=problem):
        load_prices(write(tmp_path / "p.json", models, **more))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "\x00"])
def test_a_table_that_is_no_object_is_refused(tmp_path, text):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(LLMError, match=r"p\.json.*llm\.prices"):
        load_prices(str(tmp_path / "p.json"))


def test_a_table_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "p.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LLMError, match="not JSON"):
        load_prices(str(tmp_path / "p.json"))
