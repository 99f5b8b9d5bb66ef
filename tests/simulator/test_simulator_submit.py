"""What the simulated vendor accepts, what it refuses, and in which words."""

from decimal import Decimal

import pytest

FRAME = {"first_frame_image": "https://frames.example/a.jpg"}
REFUSALS = {
    "no prompt": ({"prompt": None}, 400, "invalid_request"),
    "a blank prompt": ({"prompt": " \n"}, 400, "invalid_request"),
    "a prompt that is no text": ({"prompt": 7}, 400, "invalid_request"),
    "a prompt over the limit": ({"prompt": "é" * 2001}, 400, "2013"),
    "an unknown field": ({"seed": 7}, 400, "invalid_request"),
    "an unknown metadata field": ({"metadata": {"prompt_optimizer": False}}, 400, "invalid_request"),
    "metadata that is no object": ({"metadata": "x"}, 400, "invalid_request"),
    "a duration that is no number": ({"duration": "6"}, 400, "invalid_request"),
    "a size that is no text": ({"size": 768}, 400, "invalid_request"),
    "a cell that is not sold": ({"duration": 10, "size": "1080p"}, 400, "2013"),
    "a size in pixels": ({"size": "1366x768"}, 400, "2013"),
    "a first frame where none is taken": ({"metadata": FRAME}, 400, "2013"),
    "no first frame where one is needed": ({"model": "MiniMax-Hailuo-2.3-Fast"}, 400, "2013"),
    "a first frame that is no URL": (
        {"model": "MiniMax-Hailuo-2.3", "metadata": {"first_frame_image": 1}},
        400,
        "invalid_request",
    ),
}


@pytest.mark.parametrize(("changes", "status", "code"), REFUSALS.values(), ids=REFUSALS.keys())
def test_an_illegal_order_is_refused_flat_and_costs_nothing(desk, changes, status, code):
    """MiniMax's and the gateway's own rules answer with a code, and take no money."""
    answer = desk.post(**changes)

    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (status, code, None)
    assert desk.invoice().lines == ()


def test_the_longest_prompt_counts_characters_not_bytes(desk):
    """2,000 characters are legal, however many bytes they take."""
    assert desk.post(prompt="鞋" * 2000).status_code == 200


def test_duration_and_size_have_the_vendors_defaults(desk):
    """An order without them is 6 s at 768p."""
    desk.order(duration=None, size=None)

    assert [(line.duration, line.size) for line in desk.invoice().lines] == [(6, "768p")]


def test_extras_pass_where_the_schema_is_not_enforced(make_desk):
    """Whether the vendor enforces its schema is unknown; a tolerant one can be simulated."""
    assert make_desk(strict=False).post(seed=7).status_code == 200


def test_another_family_is_read_by_its_own_fields(desk):
    """Seedance names the resolution in metadata; a cell without a price costs the default."""
    answer = desk.post(model="seedance-2.0", duration=5, size=None, metadata={"resolution": "720p"})

    assert answer.status_code == 200
    assert str(desk.invoice().charged_usd) == "0"  # it is billed at its end


@pytest.mark.parametrize("content", [b"{", b"[]", b'"x"', b"\xff"])
def test_a_body_that_is_no_object_is_refused_nested(desk, content):
    """The gateway's middleware answers {error: {...}} with an empty code."""
    answer = desk.ask("POST", "/v1/videos", content=content)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "")


def test_a_missing_model_is_named_as_such(desk):
    """400, nested, without a code."""
    answer = desk.post(model=None)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "")
    assert answer.json()["error"]["message"].startswith("Model name not specified")


def test_an_unknown_model_looks_like_an_outage(desk):
    """503 model_not_found means both a typing error and no channel: the trap is the vendor's."""
    answer = desk.post(model="MiniMax-Hailuo-03")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_not_found")


def test_a_body_too_large_is_refused(desk):
    """413, flat."""
    answer = desk.ask("POST", "/v1/videos", content=b" " * (33 * 1024 * 1024))

    assert (answer.status_code, answer.json()["code"]) == (413, "read_request_body_failed")


@pytest.mark.parametrize("key", [None, "", "token", "pk-test"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/videos"),
        ("POST", "/v1/video/generations"),
        ("GET", "/v1/videos/task_1"),
        ("GET", "/v1/video/generations/task_1"),
        ("GET", "/v1/videos/task_1/content"),
        ("GET", "/api/usage/token/user-balance"),
    ],
)
def test_every_route_of_the_vendor_wants_a_key(desk, method, path, key):
    """Without a key that looks like one: 401, nested."""
    answer = desk.ask(method, path, key=key)

    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("Invalid token")


def test_only_the_keys_given_are_accepted(make_desk):
    """With a set of keys, another one is refused though it looks well."""
    desk = make_desk(keys=frozenset({"sk-mine"}))

    assert desk.ask("GET", "/api/usage/token/user-balance", key="sk-other").status_code == 401
    assert desk.ask("GET", "/api/usage/token/user-balance", key="sk-mine").status_code == 200


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("imarouter", {"object": "video", "status": "", "progress": 0, "model": "MiniMax-Hailuo-02"}),
        ("newapi", {"object": "video", "status": "queued", "progress": 0, "model": "MiniMax-Hailuo-02"}),
    ],
)
def test_a_flat_submit_names_the_task_twice(make_desk, profile, expected):
    """S1 and S2: id equals task_id; ImaRouter's status is the empty string."""
    body = make_desk(profile=profile).post().json()

    assert body.items() >= expected.items()
    assert body["id"] == body["task_id"]
    assert body["id"].startswith("task_")


def test_an_enveloped_submit_hides_the_task_in_data(make_desk):
    """S3."""
    body = make_desk(profile="enveloped").post().json()

    assert (body["code"], body["data"]["id"]) == ("success", body["data"]["task_id"])


def test_the_product_pages_dialect_names_the_task_once(make_desk):
    """S4: only id, or only task_id."""
    desk = make_desk(profile="seed")

    assert [set(desk.post().json()) for _ in range(2)] == [{"id"}, {"task_id"}]


def test_the_legacy_route_takes_the_same_order(desk):
    """POST /v1/video/generations answers in an envelope, and charges alike."""
    order = {"model": "MiniMax-Hailuo-02", "prompt": "A shoe", "duration": 6, "size": "768p"}

    body = desk.ask("POST", "/v1/video/generations", json=order).json()

    assert body["data"]["task_id"] == desk.invoice().lines[0].task_id


def test_every_submit_gets_an_id_of_its_own(desk):
    """The very same body twice is two tasks: the vendor knows no idempotency."""
    assert len({desk.order() for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "option",
    [
        {"speed": 0},
        {"balance_usd": Decimal(-1)},
        {"submits_per_minute": 0},
        {"median_render_seconds": 300},
    ],
    ids=str,
)
def test_a_vendor_that_makes_no_sense_cannot_be_set_up(make_desk, option):
    """Said when it is set up, not when it first matters."""
    with pytest.raises(ValueError, match="must"):
        make_desk(**option)


def test_submits_above_the_limit_answer_1002_until_the_minute_is_over(make_desk):
    """MiniMax's limit shows as HTTP 400 with code "1002"; simulated minutes count."""
    desk = make_desk(submits_per_minute=2, speed=60)
    answers = [desk.post() for _ in range(3)]
    desk.advance(1)

    assert [answer.status_code for answer in answers] == [200, 200, 400]
    assert answers[2].json()["code"] == "1002"
    assert desk.post().status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/models"), ("DELETE", "/v1/videos/task_1"), ("GET", "/v1/videos")]
)
def test_a_route_that_is_not_there_is_404_nested(desk, method, path):
    """There is no list, no delete and no cancel."""
    answer = desk.ask(method, path)

    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


def test_a_nested_error_quotes_the_id_of_the_request(desk):
    """The same one as in the header: what the vendor's support asks for."""
    answer = desk.ask("GET", "/nowhere")

    quoted = f"(request id: {answer.headers['X-Oneapi-Request-Id']})"
    assert answer.json()["error"]["message"].endswith(quoted)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/nowhere"),
        ("GET", "/_sim/invoice"),
        ("GET", "/_clips/x.mp4"),
        ("PUT", "/"),
    ],
)
def test_every_answer_says_that_it_is_a_simulator(desk, method, path):
    """Every answer names the simulator and has a request id."""
    answer = desk.ask(method, path)

    assert answer.headers["X-Hailuo-Simulator"]
    assert answer.headers["X-Oneapi-Request-Id"]


def test_the_front_page_says_so_to_people(desk):
    """GET / is a plain sentence."""
    assert "simulator" in desk.ask("GET", "/").text
