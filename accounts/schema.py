"""How OpenAPI describes a session's token."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema


class BearerScheme(OpenApiAuthenticationExtension):
    """``Authorization: Bearer <token>``, the token being opaque."""

    target_class = "accounts.auth.BearerAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, Any]:
        """Return the scheme's description."""
        words = "The token of POST /api/v1/sessions. It is opaque, and ends with its session."
        return {"type": "http", "scheme": "bearer", "description": words}
