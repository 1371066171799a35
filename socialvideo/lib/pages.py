"""What the panel's pages need around them and the API does not: it takes no cookie and shows no message.

The stock middleware costs each request of the API a tenth of a millisecond, and could find nothing there to do.
"""

from collections.abc import Awaitable

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

API = "/api/"


class _Around(MiddlewareMixin):
    """Passes on what is not for a page."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer, with what the stock middleware does around a page."""
        if request.path_info.startswith(API):
            return self.get_response(request)
        return super().__call__(request)


class Sessions(_Around, SessionMiddleware):
    """The panel's log-in."""


class People(_Around, AuthenticationMiddleware):
    """Who is logged in to the panel."""


class Messages(_Around, MessageMiddleware):
    """What the panel says once."""
