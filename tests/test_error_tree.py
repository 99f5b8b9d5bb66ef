"""The tree of errors is as it is drawn, and an error says where, why and what to do."""

import inspect
import re

import pytest

from hailuo import errors
from hailuo.errors import CampaignError, ExitCode, Place, Problem, RefusedError

HERE = Place("campaigns/x.yaml", 14)
PROBLEM = Problem(HERE, "duration 8 is not offered", "choose 6 or 10")
CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.HailuoError)
}


def _drawn() -> dict[str, str]:
    """Error -> parent, as the docstring draws them."""
    lines = re.findall(r"^( {4}[│├└─ ]*)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    path: list[tuple[int, str]] = []
    parents: dict[str, str] = {}
    for lead, name in lines:
        path = [(depth, above) for depth, above in path if depth < len(lead)]
        parents[name] = path[-1][1] if path else "Exception"
        path.append((len(lead), name))
    return parents


def test_the_tree_names_every_error_under_its_parent() -> None:
    """Whoever catches by the drawing catches what it shows."""
    assert _drawn() == {name: kind.__bases__[0].__name__ for name, kind in CLASSES.items()}


def test_the_classes_stand_in_the_order_of_the_tree() -> None:
    """A reader finds them where the drawing leads."""
    lines = [inspect.getsourcelines(CLASSES[name])[1] for name in _drawn()]

    assert lines == sorted(lines)


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_says_what_to_do(name: str) -> None:
    """In a docstring of its own."""
    assert vars(CLASSES[name])["__doc__"]


@pytest.mark.parametrize(
    ("place", "text"),
    [(HERE, "campaigns/x.yaml:14"), (Place("HAILUO_STORE"), "HAILUO_STORE"), (Place("x.csv", 0), "x.csv")],
)
def test_a_place_is_written_as_editors_open_it(place: Place, text: str) -> None:
    """File and line; no line where none makes sense."""
    assert str(place) == text


def test_a_problem_says_where_why_and_what_to_do() -> None:
    """On one line."""
    assert str(PROBLEM) == "campaigns/x.yaml:14: duration 8 is not offered; choose 6 or 10"


def test_a_refusal_lists_every_problem_once_in_the_order_of_the_file() -> None:
    """All in one go, by line number and not by its digits."""
    problems = [Problem(Place("x.yaml", line), "is wrong", "mend it") for line in (100, 9, 14, 9)]

    error = CampaignError(problems)

    assert [problem.place.line for problem in error.problems] == [9, 14, 100]
    assert str(error).splitlines() == [str(problem) for problem in error.problems]


@pytest.mark.parametrize("kind", [kind for kind in CLASSES.values() if issubclass(kind, RefusedError)])
def test_a_refusal_is_caught_with_its_problems(kind: type[RefusedError]) -> None:
    """Whatever was refused, a caller can show it."""
    with pytest.raises(RefusedError) as caught:
        raise kind([PROBLEM])

    assert caught.value.problems == (PROBLEM,)


def test_exit_codes_are_stable() -> None:
    """Schedulers branch on them."""
    codes = {"COMPLETE": 0, "INCOMPLETE": 1, "REFUSED": 2, "STOPPED": 3, "INTERRUPTED": 130}

    assert {code.name: code.value for code in ExitCode} == codes
