"""What a file holds is checked before it is used."""

import pytest

from llm_credit.records import read_record

TYPES = {"files": dict, "key": str}


def test_what_is_asked_for_is_read():
    assert read_record(b'{"files": {}, "key": "a", "more": 1}', TYPES) == {"files": {}, "key": "a", "more": 1}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("[]", "a JSON object, not list"),
        ("{}", "'files' should be an object, and is missing"),
        ('{"files": ["function.py"]}', "'files' should be an object, not list"),
        ('{"files": {}, "key": null}', "'key' should be text, not NoneType"),
        ('{"files": {', "Expecting"),
        (b"\xff\xfe{", "codec can't decode"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_anything_else_is_told(data, told):
    with pytest.raises(ValueError, match=told):
        read_record(data, TYPES)
