"""What an error says of a check: nobody signed in, a permission that is missing, or no answer."""

import re
from collections.abc import Iterator
from typing import Final

from components.azure.runs.errors import ApiError as AzureError
from components.gcp.runs.cloud import ApiError as GcpError
from tools.doctor.finding import Finding, fail, warn

_SIGN_IN: Final = {
    "aws": "sign in: aws configure sso, or AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret",
    "gcp": "sign in: gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS",
    "azure": "sign in: az login, or ARM_CLIENT_ID, ARM_CLIENT_SECRET and ARM_TENANT_ID",
}
_DENIED: Final = frozenset(
    {"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "Forbidden",
     "UnauthorizedOperation"}
)  # fmt: skip
_UNSIGNED: Final = frozenset(
    {"AuthFailure", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
     "SignatureDoesNotMatch", "UnrecognizedClientException"}
)  # fmt: skip
# How the clouds name the permission that was missing.
_PERMISSION: Final = re.compile(
    r"perform:? (?:action )?'?([\w:.*/-]+)'?"
    r"|[Pp]ermission '?([\w]+\.[\w.]+)'? (?:denied|is required)"
)
_OFF: Final = re.compile(
    r"([a-z]+\.googleapis\.com)\S* (?:is not enabled|has not been used)|it is disabled"
)


def told(error: Exception, *, cloud: str, thing: str, place: str, permission: str) -> Finding:
    """The finding that an error of a check is.

    thing:      what the check looks at.
    permission: what the check needs, for clouds that do not name it.
    """
    text = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    if _is_unsigned(error):
        return fail(f"not signed in: {text}", place, _SIGN_IN[cloud])
    if _status(error) == 403 and _OFF.search(text):
        return fail(
            f"{thing}: {text}",
            place,
            "gcloud services enable serviceusage.googleapis.com "
            "cloudresourcemanager.googleapis.com cloudbilling.googleapis.com",
        )
    if _status(error) == 403:
        named = next((name for found in _PERMISSION.findall(text) for name in found if name), "")
        wanted = named or permission
        return warn(f"{thing}: may not ask", place, f"grant {wanted} to who runs this, or ask them")
    if _is_missing_place(error):
        return fail(f"{thing}: {text}", place, "correct the setting, or sign in as who can see it")
    return warn(f"{thing}: no answer: {text}", place, "check the network and the proxy, try again")


def _status(error: Exception) -> int:
    if isinstance(error, GcpError | AzureError):
        return error.status
    return 403 if _aws_code(error) in _DENIED else 0


def _aws_code(error: Exception) -> str:
    return str((getattr(error, "response", None) or {}).get("Error", {}).get("Code", ""))


def _is_missing_place(error: Exception) -> bool:
    return isinstance(error, GcpError | AzureError) and error.status == 404


def _is_unsigned(error: Exception) -> bool:
    if isinstance(error, GcpError | AzureError):
        return error.status == 401
    if _aws_code(error) in _UNSIGNED:
        return True
    return any(name in _SIGNLESS for name in _kinds(error))


# By name: importing the SDKs of clouds that are off would take seconds.
_SIGNLESS: Final = frozenset(
    {"ClientAuthenticationError", "CredentialUnavailableError", "GoogleAuthError",
     "NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "SSOError",
     "TokenRetrievalError", "UnauthorizedSSOTokenError"}
)  # fmt: skip


def _kinds(error: Exception) -> Iterator[str]:
    for kind in type(error).__mro__:
        yield kind.__name__
