"""The pages a buyer sees: choosing a test card, and the bank's question. Plain HTML, without scripts."""

from collections.abc import Mapping
from html import escape

from babel.numbers import format_currency
from starlette.responses import HTMLResponse

from rowlock.standin.cards import CARDS

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_STYLE = """:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:0 auto;
padding:16px}fieldset{border:1px solid #8a93a1;border-radius:10px;margin:0 0 16px;padding:8px 16px}
label{display:flex;gap:12px;align-items:center;min-height:44px;flex-wrap:wrap}input{width:20px;height:20px}
button,.button{font:inherit;min-height:44px;padding:0 24px;border-radius:10px;border:1px solid;cursor:pointer}
.fault{border-left:4px solid #c62828;padding-left:12px}code{white-space:nowrap}a{display:inline-block;padding:10px 0}"""
_NO_DECIMALS = frozenset({"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
                          "xof", "xpf"})  # fmt: skip
_THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def amount_in_words(amount: int, currency: str) -> str:
    """An amount in the provider's minor units, for people."""
    low = currency.lower()
    decimals = 0 if low in _NO_DECIMALS else 3 if low in _THREE_DECIMALS else 2
    return format_currency(amount / 10**decimals, currency.upper(), locale="en", currency_digits=False)


def card_page(amount: str, pay_address: str, cancel_address: str | None, fault: str | None = None) -> HTMLResponse:
    """Which card to pay with. `fault` is why the last one did not."""
    choices = "".join(
        f'<label><input type="radio" name="card" value="{card.number}" {"checked" if place == 0 else ""}>'
        f"<code>ends in {card.last4}</code> {escape(card.does)}</label>"
        for place, card in enumerate(CARDS)
    )
    warning = f'<p class="fault" role="alert">{escape(fault)} Choose another card.</p>' if fault else ""
    back = f'<p><a href="{escape(cancel_address)}">Cancel and go back</a></p>' if cancel_address else ""
    return _page(
        "Test payment",
        f"<p>Nothing is charged here: this page stands in for a payment provider's.</p><p>To pay: <b>{escape(amount)}"
        f'</b></p>{warning}<form method="post" action="{escape(pay_address)}"><fieldset><legend>Card</legend>{choices}'
        f'</fieldset><button id="pay">Pay {escape(amount)}</button></form>{back}',
        status=402 if fault else 200,
    )


def bank_page(amount: str, answer_address: str) -> HTMLResponse:
    """The bank asks whether it is really the buyer."""
    return _page(
        "Test bank",
        f"<p>This page stands in for the bank's 3-D Secure page. Approve {escape(amount)}?</p>"
        f'<form method="post" action="{escape(answer_address)}">'
        '<button name="answer" value="approve">Approve</button> '
        '<button name="answer" value="decline">Decline</button></form>',
    )


def return_page(address: str, fields: Mapping[str, str]) -> HTMLResponse:
    """The way back to the shop where that is a form."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    return _page(
        "Paid",
        f'<p>The payment is made.</p><form method="post" action="{escape(address)}">{hidden}'
        '<button id="back">Back to the shop</button></form>',
    )


def word_page(title: str, word: str, status: int) -> HTMLResponse:
    """One sentence."""
    return _page(title, f"<p>{escape(word)}</p>", status=status)


def _page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head>{head}<title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>",
        status,
        {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"},
    )
