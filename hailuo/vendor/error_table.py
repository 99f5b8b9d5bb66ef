"""What an answer that is no success means for the money: the error table of docs/reference/vendor.md, as data.

    NOT_SENT       nothing reached the vendor                   send again
    REFUSED_WAIT   the vendor said no, for now                  wait, then send again, at most so often
    REFUSED_JOB    the vendor said no to this request           give up on the job
    REFUSED_RUN    the vendor said no to us                     stop buying
    UNCLEAR        a task may exist and be charged              hold; never send again by itself

The first row that fits decides, by HTTP status, shape of the body and code, never by text: messages
are localised. A "no" with 5xx is believed only with a readable body and a code of this table,
since a proxy in front of the gateway answers 5xx too, after the request has gone through.
For a GET every row means the same: a poll missed, and `name` and `cause` say why.
Source: docs/reference/vendor.md#errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from hailuo.vendor.status import MODERATION_CODES, PEOPLE_CODES
from hailuo.vendor.wire import ErrorBody, Shape


class Meaning(StrEnum):
    """What became of the request, and so what may be done next."""

    NOT_SENT = "not_sent"
    REFUSED_WAIT = "refused_wait"
    REFUSED_JOB = "refused_job"
    REFUSED_RUN = "refused_run"
    UNCLEAR = "unclear"


class Cause(StrEnum):
    """Whose trouble it is; the circuit breaker counts by it. Only RATE_LIMIT asks everyone to slow down."""

    RATE_LIMIT = "rate_limit"
    MODERATION = "moderation"
    PEOPLE = "people"
    INVALID_REQUEST = "invalid_request"
    KEY = "key"
    BALANCE = "balance"
    VENDOR_FAULT = "vendor_fault"
    NETWORK = "network"
    CONFIGURATION = "configuration"


_READABLE = (Shape.FLAT, Shape.NESTED, Shape.MINIMAX)
_ANY = tuple(Shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table. `statuses` and `codes` are patterns (`5??`, `*`); no codes: whatever the code.

    `most_repeats`: how many more times one job may be sent in this run after meeting the row
    (0: none; a later run may try again unless the meaning is REFUSED_JOB); None: no limit.
    With `of_model`, a refusal of the run may hold for this model alone.
    """

    name: str
    statuses: tuple[str, ...] = ("*",)
    shapes: tuple[Shape, ...] = _ANY
    codes: tuple[str, ...] = ()
    meaning: Meaning
    cause: Cause
    most_repeats: int | None = 0
    remedy: str
    of_model: bool = False

    def fits(self, status: int, said: ErrorBody) -> bool:
        """Whether this answer is the row's."""
        return (
            said.shape in self.shapes
            and _matches(str(status), self.statuses)
            and (not self.codes or _matches(said.code or "", self.codes))
        )


def _matches(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


TABLE = (
    # Answers that look like a refusal but do not prove one: they name a task, or a proxy sent them.
    Row(
        name="refusal_names_a_task",
        shapes=(Shape.TASK,),
        meaning=Meaning.UNCLEAR,
        cause=Cause.VENDOR_FAULT,
        remedy="The answer is an error, but it names a task: look that task up, then adopt or abandon.",
    ),
    Row(
        name="redirected",
        statuses=("3??",),
        meaning=Meaning.UNCLEAR,
        cause=Cause.CONFIGURATION,
        remedy="Set IMAROUTER_BASE_URL to the address that answers itself, not to one that redirects.",
    ),
    Row(
        name="request_timeout",
        statuses=("408",),
        meaning=Meaning.UNCLEAR,
        cause=Cause.NETWORK,
        remedy="The gateway gave up waiting; a task may exist: reconcile before sending again.",
    ),
    # MiniMax's own codes; the gateway passes them on with HTTP 400.
    Row(
        name="upstream_rate_limit",
        shapes=_READABLE,
        codes=("1002", "1039", "1041", "2045"),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.RATE_LIMIT,
        most_repeats=None,
        remedy="MiniMax is rate limiting the gateway; lower HAILUO_SUBMITS_PER_MINUTE, then run again.",
    ),
    Row(
        name="upstream_trouble",
        shapes=_READABLE,
        codes=("1000", "1001", "1003", "1013", "1024", "1033"),  # 1003 and 1013: older lists
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.VENDOR_FAULT,
        most_repeats=2,
        remedy="MiniMax has internal trouble; run again later.",
    ),
    Row(
        name="minimax_balance_too_low",
        shapes=(Shape.MINIMAX,),
        codes=("1008", "2056"),
        meaning=Meaning.REFUSED_RUN,
        of_model=True,
        cause=Cause.BALANCE,
        remedy="MiniMax itself says that the account is used up; top it up or ask ImaRouter's support, then run again.",
    ),
    Row(
        name="minimax_key_refused",
        shapes=(Shape.MINIMAX,),
        codes=("1004", "2049"),
        meaning=Meaning.REFUSED_RUN,
        of_model=True,
        cause=Cause.KEY,
        remedy="MiniMax itself refuses the key; check IMAROUTER_API_KEY or ask ImaRouter's support, then run again.",
    ),
    Row(
        name="gateway_without_upstream_balance",
        shapes=_READABLE,
        codes=("1008", "2056"),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.VENDOR_FAULT,
        most_repeats=1,
        remedy="ImaRouter's own account at MiniMax is used up, not yours; run again later or ask ImaRouter's support.",
    ),
    Row(
        name="gateway_upstream_key_refused",
        shapes=_READABLE,
        codes=("1004", "2049"),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.VENDOR_FAULT,
        remedy="MiniMax refuses ImaRouter's own key, not yours; ask ImaRouter's support, then run again.",
    ),
    Row(
        name="picture_of_person_refused",
        shapes=_READABLE,
        codes=PEOPLE_CODES,
        meaning=Meaning.REFUSED_JOB,
        cause=Cause.PEOPLE,
        remedy="The first frame shows a real person, as the vendor sees it; use another picture, or have the run register it.",
    ),
    Row(
        name="content_refused",
        shapes=_READABLE,
        codes=MODERATION_CODES,
        meaning=Meaning.REFUSED_JOB,
        cause=Cause.MODERATION,
        remedy="The prompt or the first frame was refused for its content; change it.",
    ),
    Row(
        name="invisible_characters",
        shapes=_READABLE,
        codes=("1042",),
        meaning=Meaning.REFUSED_JOB,
        cause=Cause.INVALID_REQUEST,
        remedy="The prompt holds too many invisible characters; type it anew.",
    ),
    Row(
        name="invalid_parameters",
        shapes=_READABLE,
        codes=("2013",),
        meaning=Meaning.REFUSED_JOB,
        cause=Cause.INVALID_REQUEST,
        remedy="MiniMax does not offer this model, size, duration and first frame together; change one of them.",
    ),
    # The gateway's codes.
    Row(
        name="task_not_exist",
        shapes=_READABLE,
        codes=("task_not_exist",),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.VENDOR_FAULT,
        most_repeats=3,
        remedy="The gateway does not know the task; this is normal right after a submit. Later, ask ImaRouter's support.",
    ),
    Row(
        name="balance_too_low",
        shapes=_READABLE,
        codes=("insufficient_user_quota",),
        meaning=Meaning.REFUSED_RUN,
        cause=Cause.BALANCE,
        remedy="Top up the ImaRouter account (the full price is taken at submit), then run again.",
    ),
    Row(
        name="key_limit_reached",
        shapes=_READABLE,
        codes=("pre_consume_token_quota_failed",),
        meaning=Meaning.REFUSED_RUN,
        cause=Cause.BALANCE,
        remedy="This key has reached its own spending limit; raise it or use another key, then run again.",
    ),
    Row(
        name="access_denied",
        shapes=_READABLE,
        codes=("access_denied",),
        meaning=Meaning.REFUSED_RUN,
        of_model=True,
        cause=Cause.KEY,
        remedy="The key may not be used from here or for this; check its permissions and its list of addresses.",
    ),
    Row(
        name="model_not_set_up",
        shapes=_READABLE,
        codes=("model_price_error", "invalid_api_platform", "model_mapping_failed"),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.CONFIGURATION,
        remedy="ImaRouter has not set this model up; leave it out or ask ImaRouter's support, then run again.",
    ),
    Row(
        name="no_channel_for_model",
        statuses=("2??", "5??"),
        shapes=_READABLE,
        codes=("model_not_found",),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.CONFIGURATION,
        most_repeats=3,
        remedy="The model's name is wrong, or no channel serves it now; check the name, or run again later.",
    ),
    Row(
        name="invalid_request",
        shapes=_READABLE,
        codes=("invalid_request",),
        meaning=Meaning.REFUSED_JOB,
        cause=Cause.INVALID_REQUEST,
        remedy="The gateway found the request invalid; its message says which part.",
    ),
    Row(
        name="body_refused",
        shapes=_READABLE,
        codes=("read_request_body_failed",),
        meaning=Meaning.REFUSED_JOB,
        cause=Cause.INVALID_REQUEST,
        remedy="The request is too big; offer the first frame as a URL.",
    ),
    Row(
        name="gateway_lost_upstream",
        shapes=_READABLE,
        codes=("do_request_failed", "read_response_body_failed", "unmarshal_response_body_failed"),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.VENDOR_FAULT,
        most_repeats=2,
        remedy="The gateway could not talk to MiniMax and took nothing; run again later.",
    ),
    Row(
        name="gateway_trouble",
        shapes=_READABLE,
        codes=("get_channel_failed", "gen_relay_info_failed", "build_request_failed"),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.VENDOR_FAULT,
        most_repeats=3,
        remedy="The gateway failed before it sent anything; run again later.",
    ),
    Row(
        name="gateway_database_trouble",
        shapes=(Shape.NESTED,),
        codes=("query_data_error", "update_data_error"),  # new-api types/error.go
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.VENDOR_FAULT,
        most_repeats=3,
        remedy="The gateway's database failed before anything was sent; run again later.",
    ),
    Row(
        name="upstream_saturated",
        statuses=("429",),
        shapes=_READABLE,
        codes=("fail_to_fetch_task",),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.RATE_LIMIT,
        most_repeats=None,
        remedy="Every channel of the gateway is saturated; run again later.",
    ),
    Row(
        name="upstream_refused_gateway",
        statuses=("401", "402", "403"),
        shapes=_READABLE,
        codes=("fail_to_fetch_task",),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.VENDOR_FAULT,
        remedy="The model's maker refuses ImaRouter's account, not yours; ask ImaRouter's support, then run again.",
    ),
    Row(
        name="upstream_refused_request",
        statuses=("4??",),
        shapes=_READABLE,
        codes=("fail_to_fetch_task",),
        meaning=Meaning.REFUSED_JOB,
        cause=Cause.INVALID_REQUEST,
        remedy="The model's maker refused the request; its message says why.",
    ),
    Row(
        name="upstream_failed",
        statuses=("5??",),
        shapes=_READABLE,
        codes=("fail_to_fetch_task",),
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.VENDOR_FAULT,
        most_repeats=3,
        remedy="The model's maker failed and the gateway took nothing; run again later.",
    ),
    # By status alone, in the vendor's own shape: the page of a firewall says nothing about the money.
    Row(
        name="key_refused",
        statuses=("401",),
        shapes=_READABLE,
        meaning=Meaning.REFUSED_RUN,
        cause=Cause.KEY,
        remedy="Check IMAROUTER_API_KEY: it is wrong, expired, disabled or used up.",
    ),
    Row(
        name="payment_required",
        statuses=("402",),
        shapes=_READABLE,
        meaning=Meaning.REFUSED_RUN,
        cause=Cause.BALANCE,
        remedy="Top up the ImaRouter account or raise the key's limit, then run again.",
    ),
    Row(
        name="permission_refused",
        statuses=("403",),
        shapes=_READABLE,
        meaning=Meaning.REFUSED_RUN,
        of_model=True,
        cause=Cause.KEY,
        remedy="The key may not use this model or this address; check its permissions at ImaRouter.",
    ),
    Row(
        name="rate_limited",
        statuses=("429",),
        shapes=(*_READABLE, Shape.EMPTY),  # new-api's limiter by address sends no body
        meaning=Meaning.REFUSED_WAIT,
        cause=Cause.RATE_LIMIT,
        most_repeats=None,
        remedy="You are over the gateway's rate limit; lower HAILUO_SUBMITS_PER_MINUTE, then run again.",
    ),
    Row(
        name="wrong_route",
        statuses=("404", "405", "407", "411", "414", "431"),
        shapes=_READABLE,
        meaning=Meaning.REFUSED_RUN,
        cause=Cause.CONFIGURATION,
        remedy="Nothing serves the API at that address; check IMAROUTER_BASE_URL and the proxy.",
    ),
    Row(
        name="too_large",
        statuses=("413",),
        shapes=_READABLE,
        meaning=Meaning.REFUSED_JOB,
        cause=Cause.INVALID_REQUEST,
        remedy="The request is too big; offer the first frame as a URL.",
    ),
    Row(
        name="request_refused",
        statuses=("4??",),
        shapes=_READABLE,
        meaning=Meaning.REFUSED_JOB,
        cause=Cause.INVALID_REQUEST,
        remedy="The vendor refused the request; its message says why.",
    ),
    # A firewall that inspects answers puts its 4xx page in place of a 200 that named a task. Holding one
    # job until a person looks is cheaper than paying twice; the breaker stops a run that meets only these.
    Row(
        name="refused_in_strange_words",
        statuses=("4??",),
        meaning=Meaning.UNCLEAR,
        cause=Cause.CONFIGURATION,
        remedy="Something in between answered, not the gateway; find the proxy or firewall, then reconcile.",
    ),
    Row(
        name="not_implemented",
        statuses=("501",),
        shapes=_READABLE,
        codes=("not_implemented",),
        meaning=Meaning.UNCLEAR,
        cause=Cause.VENDOR_FAULT,
        remedy="The gateway cannot report such tasks; ask ImaRouter's support.",
    ),
    Row(
        name="proxy_gave_up",
        statuses=("502", "504", "52?"),
        meaning=Meaning.UNCLEAR,
        cause=Cause.NETWORK,
        remedy="A proxy in front of the gateway gave up; a task may exist: reconcile before sending again.",
    ),
    Row(
        name="server_error",
        statuses=("5??",),
        meaning=Meaning.UNCLEAR,
        cause=Cause.VENDOR_FAULT,
        remedy="The gateway failed without saying how far it came; reconcile before sending again.",
    ),
    Row(
        name="accepted_without_id",
        statuses=("2??",),
        meaning=Meaning.UNCLEAR,
        cause=Cause.VENDOR_FAULT,
        remedy="The gateway said yes and named no task; reconcile before sending again.",
    ),
    Row(
        name="strange_status",
        meaning=Meaning.UNCLEAR,
        cause=Cause.VENDOR_FAULT,
        remedy="The answer follows no rule of HTTP; reconcile before sending again.",
    ),
)
"""The rows in order of precedence; the last rows catch everything else."""

_NOT_CONNECTED = Row(
    name="not_connected",
    meaning=Meaning.NOT_SENT,
    cause=Cause.NETWORK,
    most_repeats=10,
    remedy="The vendor could not be reached (name, connection or certificate); check network and base URL.",
)
_REFUSED_BY_PROXY = Row(
    name="refused_by_proxy",
    meaning=Meaning.NOT_SENT,
    cause=Cause.CONFIGURATION,
    most_repeats=3,
    remedy="The proxy let nothing through; check HTTPS_PROXY and NO_PROXY.",
)
LOST_AFTER_SEND: Final = Row(
    name="lost_after_send",
    meaning=Meaning.UNCLEAR,
    cause=Cause.NETWORK,
    remedy="The connection broke or stayed silent after the request had left; reconcile before sending again.",
)
_UNREADABLE_ANSWER = Row(
    name="unreadable_answer",
    meaning=Meaning.UNCLEAR,
    cause=Cause.VENDOR_FAULT,
    remedy="The answer could not be decoded; reconcile before sending again.",
)

ABOUT_ANOTHER: Final = Row(
    name="answer_about_another_task",
    meaning=Meaning.UNCLEAR,
    cause=Cause.VENDOR_FAULT,
    remedy="The vendor answered a poll about another task; if that goes on, ask ImaRouter's support.",
)
"""What a poll means whose answer names another task: it is missed."""

PICTURE_REFUSED: Final = Row(
    name="picture_refused",
    meaning=Meaning.REFUSED_JOB,
    cause=Cause.PEOPLE,
    remedy="The vendor does not register this first frame; use another picture, without a real person.",
)
"""What it means that a picture of people is not registered: no order can name it."""

WITHOUT_ANSWER: Final = (_NOT_CONNECTED, _REFUSED_BY_PROXY, LOST_AFTER_SEND, _UNREADABLE_ANSWER)
"""The rows of `exceptions`."""


@cache
def exceptions() -> Mapping[type[Exception], Row]:
    """What each way of getting no answer means; the base classes of these are UNCLEAR as well."""
    import httpx  # noqa: PLC0415 (a plan reads the table above, and asks nothing)

    return {
        httpx.ConnectError: _NOT_CONNECTED,
        httpx.ConnectTimeout: _NOT_CONNECTED,
        httpx.PoolTimeout: _NOT_CONNECTED,
        httpx.UnsupportedProtocol: _NOT_CONNECTED,
        httpx.ProxyError: _REFUSED_BY_PROXY,  # raised for a refused CONNECT or SOCKS greeting only
        httpx.WriteError: LOST_AFTER_SEND,
        httpx.WriteTimeout: LOST_AFTER_SEND,
        httpx.ReadError: LOST_AFTER_SEND,
        httpx.ReadTimeout: LOST_AFTER_SEND,
        httpx.CloseError: LOST_AFTER_SEND,
        httpx.LocalProtocolError: LOST_AFTER_SEND,
        httpx.RemoteProtocolError: LOST_AFTER_SEND,
        httpx.DecodingError: _UNREADABLE_ANSWER,
        httpx.TooManyRedirects: _UNREADABLE_ANSWER,
        OSError: LOST_AFTER_SEND,  # the total time is up, or a TLS error that httpx lets through
    }
