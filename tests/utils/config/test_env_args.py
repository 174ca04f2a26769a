"""env_args are checked against the signature of the environment's adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pytest

import envs
from utils.config.env_args import EnvArgs
from utils.errors import UserError


class Adapter:
    """Every way in which an adapter may declare a parameter."""

    def __init__(
        self,
        key: str,
        seed: int | None = None,
        limit: int | None = None,
        mode: Literal["a", "b"] | int = "a",
        scale: float = 1.0,
        sizes: Sequence[int] = (),
        pair: tuple[int, int] = (0, 0),
        kwargs: Mapping[str, Any] | None = None,
        loose: Any = None,
        bare=None,
    ) -> None: ...


def _free(key: str, **rest: Any) -> None: ...


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(envs, "REGISTRY", {"mine": Adapter, "free": _free})
    return EnvArgs("mine")


@pytest.mark.parametrize(
    ("name", "value", "text", "accepted"),
    [
        ("key", 7, "7", "7"),
        ("limit", None, "null", None),
        ("limit", 50.0, "5e1", 50),
        ("mode", "b", "b", "b"),
        ("mode", 3, "3", 3),
        ("scale", 2, "2", 2.0),
        ("sizes", [1, 2], "[1, 2]", [1, 2]),
        ("pair", [1, 2], "(1, 2)", [1, 2]),
        ("kwargs", {"any": {"key": 1}}, "", {"any": {"key": 1}}),
        ("loose", "x", "x", "x"),
        ("bare", 1.5, "1.5", 1.5),
        ("seed", None, "null", None),
    ],
)
def test_values_that_fit_their_hint_are_taken(registered, name, value, text, accepted):
    taken = registered.accept(name, value, text)
    assert taken == accepted
    assert type(taken) is type(accepted)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("key", 7, "must be text, not 7"),  # from a file: quotes are missing
        ("limit", "x", "must be a whole number or null, not 'x'"),
        ("limit", True, "must be a whole number or null, not True"),
        ("mode", "c", "must be one of a, b or a whole number, not 'c'"),
        ("mode", None, "must be one of a, b or a whole number, not null"),
        ("scale", "fast", "must be a number, not 'fast'"),
        ("sizes", 3, "must be a list, not 3"),
        ("kwargs", "{a: 1}", "must be a mapping or null, not '{a: 1}'; on the command line it is written as in Python"),
        ("modee", "a", "does not exist for env=mine; did you mean mode?"),
        ("xyzzy", 1, "does not exist for env=mine; it takes key, limit, mode"),
        ("seed", 3, "is not set by hand"),
    ],
)
def test_values_that_do_not_fit_are_refused(registered, name, value, why):
    with pytest.raises(ValueError, match="^" + why.replace("{", r"\{").replace("?", r"\?")):
        registered.accept(name, value, None)


def test_what_has_no_default_is_needed_except_the_seed_which_the_run_sets(monkeypatch):
    def adapter(key: str, seed: int, size: int = 3) -> None: ...

    monkeypatch.setattr(envs, "REGISTRY", {"mine": adapter})
    assert EnvArgs("mine").needed == ["key"]


def test_an_adapter_with_free_keywords_takes_any_key(registered):
    free = EnvArgs("free")
    assert free.accept("whatever", [1], None) == [1]
    assert free.needed == ["key"]


def test_types_that_only_type_checkers_see_leave_the_names_checked(monkeypatch):
    def adapter(key: NotThere) -> None: ...  # noqa: F821

    monkeypatch.setattr(envs, "REGISTRY", {"mine": adapter})
    assert EnvArgs("mine").accept("key", 3, None) == 3
    with pytest.raises(ValueError, match=r"did you mean key"):
        EnvArgs("mine").accept("kye", 3, None)


def test_through_the_config_an_unknown_argument_names_the_one_meant(refusal):
    message = refusal("env_args.payof=[[1, 2], [3, 4]]")
    assert message == ("command line: env_args.payof does not exist for env=matrix_game; did you mean payoff?")


def test_a_mistake_in_an_environment_file_names_its_line(config_dir, refusal):
    (config_dir / "envs" / "mine.yaml").write_text("# Mine\nenv: matrix_game\nenv_args:\n  payoff: 3\n")
    assert refusal(env="mine") == "config/envs/mine.yaml, line 4: env_args.payoff must be a list, not 3"


def test_a_needed_argument_that_nobody_sets(config_dir, refusal):
    (config_dir / "envs" / "mine.yaml").write_text("env: matrix_game\n")
    assert refusal(env="mine") == "env=matrix_game needs env_args.payoff=VALUE"
    both = refusal("env_args.payof=1", env="mine")
    assert "env=matrix_game needs env_args.payoff=VALUE" in both
    assert "env_args.payof does not exist" in both


def test_an_unknown_environment_comes_with_a_hint(refusal):
    assert "env=matrix_gam does not exist" in refusal("env=matrix_gam")
    assert "Did you mean env=matrix_game?" in refusal("env=matrix_gam")


def test_a_missing_package_is_said_as_such_and_beside_other_mistakes(monkeypatch, refusal):
    class Missing(dict):
        def __getitem__(self, name):
            raise UserError(f"env={name} needs the package lbforaging, which is not installed: pip install lbforaging")

    monkeypatch.setattr(envs, "REGISTRY", Missing())
    assert refusal("env_args.whatever=1").endswith("which is not installed: pip install lbforaging")
    assert "whatever" not in refusal("env_args.whatever=1")
    assert "lr must be a number" in refusal("lr=x")
    assert "needs the package lbforaging" in refusal("lr=x")


def test_an_entry_of_a_free_mapping_is_changed_with_a_dot(load):
    pytest.importorskip("gymnasium")
    before = load(env="gymma").values["env_args"]["kwargs"]
    after = load("env_args.kwargs.sight=3", "env_args.kwargs.deep.er='x'", env="gymma").values["env_args"]["kwargs"]
    assert before
    assert after == {**before, "sight": 3, "deep": {"er": "x"}}


def test_a_free_mapping_is_replaced_by_a_mapping(load):
    pytest.importorskip("gymnasium")
    assert load("env_args.kwargs={'sight': 3}", env="gymma").values["env_args"]["kwargs"] == {"sight": 3}
    assert load("env_args.kwargs={}", env="gymma").values["env_args"]["kwargs"] == {}


def test_an_argument_that_is_no_mapping_has_no_entries(refusal):
    assert "env_args.payoff holds no keys, so there is no env_args.payoff.x" in refusal("env_args.payoff.x=1")


def test_env_args_given_as_a_whole_are_merged_and_checked(load, refusal):
    values = load("env_args={'payoff': [[1, 2], [3, 4]]}").values
    assert values["env_args"] == {"payoff": [[1, 2], [3, 4]]}
    assert "env_args.foo does not exist" in refusal("env_args={'foo': 1}")
    assert "env_args must be a mapping, not 3" in refusal("env_args=3")
