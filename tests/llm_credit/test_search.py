"""The rounds: what is asked, in which order, with what in it; and that nothing loops without bound."""

import threading
import time

import pytest

from llm_credit.errors import Refused
from llm_credit.examine import Report
from llm_credit.llm import LLMError, Reply
from llm_credit.screen import screen
from llm_credit.search import Search, SearchFailed, Waiting
from llm_credit.settings import TFCAFSettings

from .scripted import BROKEN, UNIFORM, Scripted, code, judgement, weighted

FORMS = ("credit_weights", "QLLMNetwork")


def check(source):
    """The screen alone: what the jail adds is tested with the jail."""
    try:
        form = screen(source).form
    except Refused as e:
        return Report.refusal(e)
    return Report(
        True, numbers={"mean": 1.0, "sensitivity/agent_row": 0.25}, igm="proved", proof="between 0 and 2", form=form
    )


def search(task, replies, forms=FORMS, **settings):
    llm = Scripted(replies)
    s = Search(task, TFCAFSettings.from_mapping({"candidates": 2, "rounds": 2, **settings}), llm, check, forms)
    return s, llm


def proposals(request):
    return code(weighted(0.1 * (request.slot + 1)))


def improvements(request):
    return code(weighted(0.5 + 0.1 * request.slot + request.round))


def test_two_rounds_of_two_candidates(task):
    replies = {"propose": proposals, "improve": improvements, "r1-evaluate": judgement(1), "r2-evaluate": judgement(2)}
    s, llm = search(task, replies)
    result = s.run()
    assert sorted(llm.names()[:2]) == ["r1-c0-propose", "r1-c1-propose"]
    assert llm.names()[2] == "r1-evaluate"
    assert sorted(llm.names()[3:5]) == ["r2-c0-improve", "r2-c1-improve"]
    assert llm.names()[5:] == ["r2-evaluate"]
    assert result.candidate == "r2-c1"  # the pool is: the best so far, then the round's two
    assert result.source == weighted(2.6)
    improve = next(r for r in llm.asked if r.purpose == "improve")
    assert weighted(0.2).strip() in improve.prompt
    assert "Give the nearer agent more." in improve.prompt
    assert "sensitivity: agent_row 0.25" in improve.prompt


def test_the_evaluator_sees_sources_and_numbers_and_answers_in_a_schema(task):
    s, llm = search(task, {"propose": proposals, "evaluate": judgement(0)}, rounds=1)
    s.run()
    request = llm.asked[-1]
    assert request.schema is not None
    for part in (weighted(0.1).strip(), weighted(0.2).strip(), "sensitivity: agent_row 0.25", "igm: proved"):
        assert part in request.prompt
    assert task.summary in request.system


def test_all_requests_of_a_round_are_under_way_at_once(task):
    barrier = threading.Barrier(3, timeout=10)

    def together(request):
        barrier.wait()  # breaks unless three are asked at the same time
        return proposals(request)

    s, _ = search(task, {"propose": together, "evaluate": judgement(0)}, rounds=1, candidates=3)
    assert s.run().source == weighted(0.1)


def test_a_refused_candidate_goes_back_with_the_exact_message(task):
    replies = {
        "r1-c0-propose": code(BROKEN),
        "r1-c1-propose": code(UNIFORM),
        "r1-c0-repair1": code(BROKEN),
        "r1-c0-repair2": code(weighted(0.3)),
        "evaluate": judgement(0),
    }
    s, llm = search(task, replies, rounds=1)
    assert s.run().source == weighted(0.3)
    repair = next(r for r in llm.asked if r.name == "r1-c0-repair1")
    assert BROKEN.strip() in repair.prompt
    assert "the method .item() is not allowed" in repair.prompt
    assert "line 2" in repair.prompt


def test_repairs_end_and_the_reasons_are_told(task):
    s, llm = search(task, {"propose": code(BROKEN), "repair": code(BROKEN)}, rounds=3, max_repairs=2)
    with pytest.raises(SearchFailed, match=r"no candidate survived in 3 rounds.*\n.*r1-c0: screen \(line 2\)"):
        s.run()
    assert len(llm.asked) == 3 * 2 * (1 + 2)  # rounds x candidates x (first + repairs), and no evaluator


def test_what_failed_is_told_to_the_next_round(task):
    replies = {"r1-c0-propose": code(BROKEN), "r2-c0-propose": code(UNIFORM), "evaluate": judgement(0)}
    s, llm = search(task, replies, candidates=1, max_repairs=0)
    assert s.run().candidate == "r2-c0"
    assert "the method .item() is not allowed" in llm.asked[1].prompt


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("I would rather talk about the weather.", "no Python code block"),
        (Reply(code(UNIFORM), stop_reason="max_tokens"), "cut off"),
    ],
)
def test_an_answer_without_a_function_is_asked_for_again(task, reply, told):
    s, llm = search(task, {"propose": reply, "repair": code(UNIFORM), "evaluate": judgement(0)}, rounds=1, candidates=1)
    assert s.run().source == UNIFORM
    assert told in llm.asked[1].prompt


def test_a_model_that_declines_is_not_asked_again(task):
    s, llm = search(task, {"propose": Reply("", stop_reason="refusal")}, rounds=1, candidates=1)
    with pytest.raises(SearchFailed, match="declined"):
        s.run()
    assert len(llm.asked) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{UNIFORM}```",
        f"Sure!\n\n```python\n{UNIFORM}```\nHope it helps.",
        UNIFORM,
        f"First try:\n```python\n{BROKEN}```\nbetter:\n```\n{UNIFORM}```\nrun:\n```bash\nls\n```",
        f"  ```py\n{UNIFORM}  ```",
    ],
)
def test_the_function_is_found_in_chatty_answers(task, text):
    s, _ = search(task, {"propose": text, "evaluate": judgement(0)}, rounds=1, candidates=1)
    assert s.run().source == UNIFORM


def test_a_merge_competes_in_the_next_round(task):
    replies = {
        "propose": proposals,
        "r1-evaluate": judgement(0, merge=(0, 1)),
        "merge": code(weighted(0.9)),
        "improve": improvements,
        "r2-evaluate": judgement(1),
    }
    s, llm = search(task, replies)
    assert s.run().candidate == "r1-merge"
    merge = next(r for r in llm.asked if r.purpose == "merge")
    assert weighted(0.1).strip() in merge.prompt
    assert weighted(0.2).strip() in merge.prompt
    assert "average them" in merge.prompt
    assert weighted(0.9).strip() in llm.asked[-1].prompt


@pytest.mark.parametrize(("chosen", "name"), [(0, "r1-c0"), (1, "r1-merge")])
def test_a_merge_of_the_last_round_is_decided_on_once_more(task, chosen, name):
    replies = {
        "propose": proposals,
        "evaluate": judgement(0, merge=(0, 1)),
        "merge": code(BROKEN),
        "repair": code(weighted(0.9)),
        "decide": judgement(chosen, merge=(0, 1)),  # a merge asked for here is not made
    }
    s, llm = search(task, replies, rounds=1)
    assert s.run().candidate == name
    assert llm.names()[-1] == "r1-decide"


@pytest.mark.parametrize(
    "bad", ["no JSON here", "{}", judgement(7), judgement(0, merge=(1, 1)), Reply("{", stop_reason="max_tokens")]
)
def test_an_unusable_judgement_is_asked_for_once_more_and_then_done_without(task, bad):
    s, llm = search(task, {"propose": proposals, "evaluate": bad, "r1-evaluate1": judgement(1)}, rounds=1)
    assert s.run().candidate == "r1-c1"
    assert "could not be used" in llm.asked[-1].prompt
    s, llm = search(task, {"propose": proposals, "evaluate": bad}, rounds=1)
    assert s.run().candidate == "r1-c0"
    assert sum(r.role == "evaluator" for r in llm.asked) == 2


def test_equal_functions_are_judged_once(task):
    s, llm = search(task, {"propose": code(UNIFORM), "evaluate": judgement(0)}, rounds=1)
    s.run()
    assert llm.asked[-1].prompt.count("Function ") == 1


def test_auto_lets_the_evaluator_choose_phi(task):
    replies = {"propose": proposals, "evaluate": judgement(0, phi="softplus")}
    assert search(task, replies, rounds=1, igm="auto")[0].run().phi == "softplus"
    fixed = search(task, replies, rounds=1, igm="enforce", phi="abs")[0].run()
    assert (fixed.igm, fixed.phi) == ("enforce", "abs")


ADVANTAGE = "def credit_advantages(state, actions_onehot):\n    return 0.5 + actions_onehot[:, :, 1]\n"


def test_auto_lets_the_evaluator_choose_the_advantage_form_where_it_has_a_place(task):
    replies = {
        "r1-c0-propose": code(UNIFORM),
        "r1-evaluate": judgement(0, form="advantage"),
        "r2-c0-propose": code(UNIFORM),
        "r2-c0-repair1": code(ADVANTAGE),
        "r2-evaluate": judgement(0, form="advantage"),
    }
    forms = (*FORMS, "credit_advantages")
    s, llm = search(task, replies, forms, candidates=1, igm="auto")
    assert s.run().source == ADVANTAGE
    assert "actions_onehot" in llm.asked[2].system
    assert "must have the form credit_advantages" in llm.asked[3].prompt
    replies |= {"r2-c0-improve": code(weighted(0.3))}
    s, _ = search(task, replies, FORMS, candidates=1, igm="auto")  # another mixer has no place for it
    assert s.run().report.form == "credit_weights"


def test_an_error_is_raised_after_the_other_answers_came(task):
    came = []

    def late(request):
        time.sleep(0.2)
        came.append(request.name)
        return proposals(request)

    s, _ = search(task, {"r1-c0-propose": LLMError("no network"), "r1-c1-propose": late})
    with pytest.raises(LLMError, match="no network"):
        s.run()
    assert came == ["r1-c1-propose"]


def test_requests_that_wait_are_told_together(task):
    class Nobody:
        def ask(self, request):
            raise Waiting([request])

    s = Search(task, TFCAFSettings(), Nobody(), check, FORMS)
    with pytest.raises(Waiting) as e:
        s.run()
    assert sorted(r.name for r in e.value.requests) == ["r1-c0-propose", "r1-c1-propose", "r1-c2-propose"]


def test_the_same_replies_give_the_same_search(task):
    replies = {
        "propose": proposals,
        "improve": improvements,
        "evaluate": judgement(0, merge=(0, 1)),
        "merge": code(weighted(0.9)),
    }
    replies["decide"] = judgement(0)
    runs = [search(task, replies) for _ in range(2)]
    results = [s.run().to_dict() for s, _ in runs]
    assert results[0] == results[1]
    assert sorted(r.hash for r in runs[0][1].asked) == sorted(r.hash for r in runs[1][1].asked)
    assert len({r.hash for r in runs[0][1].asked}) == len(runs[0][1].asked)  # no two requests are taken for one
