"""How the API's document tells of OAuth and of a person's programs and keys."""

import msgspec

from rowlock.identity.oauth.device_keys import DeviceKeyBody, DeviceKeyItem, DeviceKeyList
from rowlock.identity.oauth.model import TokenAnswer, UserInfo
from rowlock.identity.oauth.routes import AllowBody, GrantList, IntrospectionAnswer, Onward
from rowlock.platform.http.openapi import FORM, Operation


class TokenForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token request (RFC 6749 4.1.3, 4.4.2, 6; RFC 7523 2.2)."""

    grant_type: str
    code: str | None = None
    redirect_uri: str | None = None
    code_verifier: str | None = None
    refresh_token: str | None = None
    scope: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    client_assertion_type: str | None = None
    client_assertion: str | None = None


class TokenNamed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token that is asked about or given back, and who asks."""

    token: str
    token_type_hint: str | None = None
    client_id: str | None = None
    client_secret: str | None = None


class OAuthRefusal(msgspec.Struct, frozen=True):
    """A no as OAuth words it (RFC 6749 5.2)."""

    error: str
    error_description: str


_REFUSALS = {400: ("Refused; `error` says why.", OAuthRefusal), 401: ("Not the client it says.", OAuthRefusal)}
_KEY_EXAMPLE = {
    "name": "Door 3", "scopes": ["bookings"],
    "publicKey": {
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    },
}  # fmt: skip
OPERATIONS = (
    Operation(
        method="post", path="/oauth/token", tag="OAuth", summary="Get tokens",
        description="Authorization code with PKCE, refresh token, client credentials by secret or by a device's key.",
        body=TokenForm, media_type=FORM, answers={200: ("Tokens.", TokenAnswer), **_REFUSALS}, problems=(413, 429),
        public=True,
    ),
    Operation(
        method="post", path="/oauth/revoke", tag="OAuth", summary="Give a token back",
        description="Ends all that its grant gave, in every process within a second.",
        body=TokenNamed, media_type=FORM, answers={200: ("It does not hold any more.", None), **_REFUSALS},
        problems=(413, 429), public=True,
    ),
    Operation(
        method="post", path="/oauth/introspect", tag="OAuth", summary="Ask what a token is good for",
        body=TokenNamed, media_type=FORM,
        answers={200: ("What it is good for.", IntrospectionAnswer), **_REFUSALS}, problems=(413, 429), public=True,
    ),
    *(
        Operation(
            method=method, path="/oauth/userinfo", tag="OAuth", summary="Who a token speaks for",
            description="Needs the scope `openid`; `profile` adds name and language, `email` the proven mail address.",
            answers={200: ("The person.", UserInfo)}, problems=(401, 403),
        )
        for method in ("get", "post")
    ),
    Operation(
        method="get", path="/oauth/jwks.json", tag="OAuth", summary="The public keys that ID tokens are checked with",
        answers={200: ("A JSON Web Key Set.", None)}, public=True,
    ),
    Operation(
        method="get", path="/api/v1/account/grants", tag="Account", summary="Programs that act for you",
        answers={200: ("What you allowed.", GrantList)}, problems=(401, 403),
    ),
    Operation(
        method="post", path="/api/v1/account/grants", tag="Account", summary="Answer a program's wish",
        description="What the page `/oauth/authorize` sends. Only a session of our own pages can say yes.",
        body=AllowBody, answers={200: ("Where the browser goes on.", Onward)}, problems=(401, 403, 413, 415, 422),
    ),
    Operation(
        method="delete", path="/api/v1/account/grants/{grantId}", tag="Account", summary="Take a permission back",
        answers={204: ("Its tokens have ended.", None)}, problems=(401, 403, 404),
    ),
    Operation(
        method="get", path="/api/v1/account/keys", tag="Account", summary="Keys of your devices and scripts",
        answers={200: ("Your keys.", DeviceKeyList)}, problems=(401, 403),
    ),
    Operation(
        method="post", path="/api/v1/account/keys", tag="Account", summary="Make a device's key known",
        description="The device makes the key pair and keeps the private half; send the public one.",
        body=DeviceKeyBody, example=_KEY_EXAMPLE, answers={201: ("The key holds.", DeviceKeyItem)},
        problems=(401, 403, 413, 415, 422),
    ),
    Operation(
        method="delete", path="/api/v1/account/keys/{keyId}", tag="Account", summary="End a key",
        answers={204: ("The key and its tokens have ended.", None)}, problems=(401, 403, 404),
    ),
)  # fmt: skip
